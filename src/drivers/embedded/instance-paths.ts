import { join } from "node:path";
import { hostLayout } from "../../domain/host-layout.ts";

/**
 * Where the driver keeps what it knows of an instance.
 *
 *   embedded/<name>/lock      held by the process tree for as long as it lives
 *   embedded/<name>/run.json  {@link import("./run-record.ts").RunRecord}
 *   embedded/<name>/run/      links to the layers, and what init.sh tells
 *   embedded/<name>/logs/     one log, marks and events file an invocation
 *   runtime/<name>/           upper, work, merged, format; during a reset or a restore next.new, then next: the next upper;
 *                             renewed while directories of upper are made anew
 *   runtime/.archives/<name>/ the archives; each has upper and format
 */
export type InstancePaths = ReturnType<typeof instancePaths>;

/** What a process tree and its mount need; the installer has them as well. */
export type TreePaths = ReturnType<typeof treePaths>;

/** Returns the paths of one instance below LEFT4ME_ROOT. */
export function instancePaths(root: string, name: string) {
  const { instanceRuntime, instanceArchives } = hostLayout(root);
  const runtime = instanceRuntime(name);
  return {
    ...treePaths(join(embeddedDirectory(root), name), runtime),
    next: join(runtime, "next"),
    nextUnfinished: join(runtime, "next.new"),
    archives: instanceArchives(name),
  } as const;
}

/** @param state what is known of the tree, and its output @param runtime where it is mounted */
export function treePaths(state: string, runtime: string) {
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
    renewed: join(runtime, "renewed"),
    work: join(runtime, "work"),
    merged: join(runtime, "merged"),
    format: join(runtime, "format"),
  } as const;
}

/** The directory that holds the state of every instance. */
export function embeddedDirectory(root: string): string {
  return join(root, "embedded");
}
