import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code } from "../../../src/client/index.ts";
import { StartFailureSchema } from "../../../src/gen/left4me/host/v1/error_reason_pb.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { type RunOptions, type RunResult, run } from "./fake-terminal.ts";

type Failure = {
  readonly error: {
    readonly code: string;
    readonly reason: string;
    readonly message: string;
    readonly metadata: Record<string, string>;
    readonly violations: { readonly field: string }[];
    readonly startFailure?: { readonly step: string; readonly exit: { readonly lastLines: string[] } };
  };
};

/** The one document of a failed run; whatever else is said stands on standard error. */
function documentOf({ code, out, err }: RunResult): Failure["error"] {
  assert.notEqual(code, 0);
  assert.match(err, /^error: /m);
  const { error } = JSON.parse(out) as Failure;
  assert.deepEqual(Object.keys(error).slice(0, 5), ["code", "reason", "message", "metadata", "violations"]);
  return error;
}

const refuse = (): never => {
  throw failure(Code.FailedPrecondition, "NO_BUILD", "no game build is active");
};

const services = {
  instances: {
    initializeInstance: refuse,
    getInstance: refuse,
    listInstances: refuse,
    startInstance: refuse,
    stopInstance: refuse,
    restartInstance: refuse,
    resetInstance: refuse,
    deleteInstance: refuse,
    explainInstance: refuse,
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    async *watchInstances() {
      refuse();
    },
  },
  logs: {
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    async *streamLogs() {
      refuse();
    },
  },
  installation: {
    importBuild: refuse,
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    async *installGame() {
      refuse();
    },
    getInstallation: refuse,
    cancelInstall: refuse,
    listBuilds: refuse,
    activateBuild: refuse,
    deleteBuild: refuse,
  },
  host: { getHost: refuse, listOverlays: refuse, importOverlay: refuse, deleteOverlay: refuse },
};

const commands = [
  "initialize a -f -",
  ...["start a", "stop a", "restart a", "reset a", "delete a", "status a", "status", "status --watch", "list", "explain a"],
  ...["logs a", "logs a --no-follow", "install --import -", "builds", "activate b1", "builds delete b1"],
  ...["install", "install --detach", "install --attach j1", "install --status", "install --cancel"],
  ...["overlays list", "overlays import o -", "overlays delete o", "host"],
];

test("every command with --json prints one document when the host refuses", async () => {
  await using host = await startSocketHost(services);
  for (const command of commands) {
    const result = await run([...command.split(" "), "--json", "--address", host.address], { stdin: "port: 1\n" });
    const { code, reason, message } = documentOf(result);
    assert.deepEqual(
      [result.code, code, reason, message],
      [7, "FAILED_PRECONDITION", "NO_BUILD", "no game build is active"],
      `${command}: ${result.err}`,
    );
  }
});

test("every command with --json prints one document when there is no host", async () => {
  for (const command of commands) {
    const result = await run([...command.split(" "), "--json", "--address", "unix:/nonexistent/a.sock"], { stdin: "port: 1\n" });
    assert.deepEqual([result.code, documentOf(result).code], [6, "UNAVAILABLE"], `${command}: ${result.err}`);
  }
});

test("failures of this side are documents too", async () => {
  await using host = await startSocketHost({ instances: { listInstances: () => new Promise(() => undefined) } });
  const failed = async (command: string, options: RunOptions = {}) => {
    const result = await run([...command.split(" "), "--json", "--address", host.address], options);
    const { code, reason, violations } = documentOf(result);
    return [result.code, code, reason, ...violations.map(({ field }) => field)];
  };
  assert.deepEqual(await failed("initialize a -f -", { stdin: "prot: 1" }), [5, "INVALID_ARGUMENT", "INVALID_SPEC", "spec.port"]);
  assert.deepEqual(await failed("initialize a -f absent.yaml"), [2, "INVALID_ARGUMENT", ""]);
  assert.deepEqual(await failed("initialize a"), [2, "INVALID_ARGUMENT", ""]);
  assert.deepEqual(await failed("activate"), [2, "INVALID_ARGUMENT", ""]);
  assert.deepEqual(await failed("list --what"), [2, "INVALID_ARGUMENT", ""]);
  assert.deepEqual(await failed("list --timeout soon"), [2, "INVALID_ARGUMENT", ""]);
  assert.deepEqual(await failed("install --import absent"), [2, "INVALID_ARGUMENT", ""]);
  assert.deepEqual(await failed("list --timeout 60ms"), [8, "DEADLINE_EXCEEDED", ""]);
  assert.deepEqual(await failed("list", { interruptAfterMs: 60 }), [130, "CANCELED", ""]);
  assert.deepEqual(await failed("builds"), [10, "UNIMPLEMENTED", ""]);
  for (const command of ["logs a -o json --what", "logs a --output json --what", "logs a --output=json --what", "logs --json"]) {
    const result = await run(command.split(" "));
    assert.deepEqual([result.code, documentOf(result).code], [2, "INVALID_ARGUMENT"], command);
    assert.equal(result.out.trim().split("\n").length, 1, `${command}: a line`);
  }
  const help = await run(["activate", "--help", "--json"]);
  assert.equal(help.code, 0);
  assert.throws(() => JSON.parse(help.out));
});

test("START_FAILED holds the exit and the last lines", async () => {
  const value = create(StartFailureSchema, { step: "getting ready", exit: { code: 1, lastLines: ["boom"] } });
  await using host = await startSocketHost({
    instances: {
      startInstance: () => {
        throw failure(Code.Internal, "START_FAILED", "it ended", { detail: { desc: StartFailureSchema, value } });
      },
    },
  });
  const { startFailure } = documentOf(await run(["start", "a", "--json", "--address", host.address]));
  assert.deepEqual([startFailure?.step, startFailure?.exit.lastLines], ["getting ready", ["boom"]]);
});
