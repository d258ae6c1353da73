import { join } from "node:path";
import { hostLayout } from "../../domain/host-layout.ts";

/**
 * Where the driver keeps what it knows of an instance.
 *
 *   embedded/<name>/lock      held by the process tree for as long as it lives
 *   embedded/<name>/run.json  {@link import("./run-record.ts").RunRecord}
 *   embedded/<name>/run/      links to the layers, and what init.sh tells
 *   embedded/<name>/logs/     one log, marks and events file an invocation
 *   runtime/<name>/           upper, work, merged, format
 */
export type InstancePaths = ReturnType<typeof instancePaths>;

/** Returns the paths of one instance below LEFT4ME_ROOT. */
export function instancePaths(root: string, name: string) {
  const state = join(embeddedDirectory(root), name);
  const runtime = hostLayout(root).instanceRuntime(name);
  const run = join(state, "run");
  return {
    state,
    lock: join(state, "lock"),
    record: join(state, "run.json"),
    logs: join(state, "logs"),
    run,
    init: join(run, "init"),
    game: join(run, "game"),
    exit: join(run, "exit"),
    errors: join(run, "stderr"),
    runtime,
    upper: join(runtime, "upper"),
    work: join(runtime, "work"),
    merged: join(runtime, "merged"),
    format: join(runtime, "format"),
  } as const;
}

/** The directory that holds the state of every instance. */
export function embeddedDirectory(root: string): string {
  return join(root, "embedded");
}
