import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, InstanceState, Readiness, WaitFor, WarningCode } from "../../../src/client/index.ts";
import { StartFailureSchema } from "../../../src/gen/left4me/host/v1/error_reason_pb.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

const instance = (name: string) => ({ name, spec: { port: 27015 }, status: { readiness: Readiness.READY } });

test("start: several names at once, a line each, warnings on stderr", async () => {
  const waits: number[] = [];
  let waiting = 0;
  let together: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (together = resolve));
  await using host = await startSocketHost({
    instances: {
      async startInstance({ name, waitFor }) {
        waits.push(waitFor);
        waiting += 1;
        if (waiting === 2) together();
        await all;
        return {
          instance: instance(name),
          changed: name === "alpha",
          warnings: name === "alpha" ? [{ code: WarningCode.OVERRIDE, message: "-port overrides" }] : [],
        };
      },
    },
  });
  const { code, out, err } = await run(["start", "alpha", "beta", "alpha", "--address", host.address]);
  assert.equal(code, 0);
  assert.deepEqual(out.trim().split("\n").sort(), ["alpha: started, port 27015", "beta: already running, port 27015"]);
  assert.equal(err, "warning: alpha: -port overrides\n");
  assert.deepEqual(waits, [WaitFor.READY, WaitFor.READY]);
});

test("stop, restart, reset, delete: their lines, changed and unchanged", async () => {
  await using host = await startSocketHost({
    instances: {
      stopInstance: ({ name }) => ({ changed: name === "a" }),
      restartInstance: ({ name, waitFor }) => ({
        instance: { ...instance(name), status: { readiness: waitFor === WaitFor.ACTIVE ? Readiness.NOT_READY : Readiness.READY } },
      }),
      resetInstance: ({ name, archive }) => ({ changed: name === "a", archiveId: archive ? "x1" : "" }),
      deleteInstance: ({ name }) => ({ changed: name === "a" }),
    },
  });
  const line = async (...args: string[]) => (await run([...args, "--address", host.address])).out;
  assert.equal(await line("stop", "a"), "a: stopped\n");
  assert.equal(await line("stop", "b"), "b: already stopped\n");
  assert.equal(await line("restart", "a", "--wait-for", "active"), "a: restarted, not ready yet, port 27015\n");
  assert.equal(await line("reset", "a", "--archive"), "a: reset, kept as archive x1\n");
  assert.equal(await line("reset", "b"), "b: nothing to reset\n");
  assert.equal(await line("delete", "a"), "a: deleted\n");
  assert.equal(await line("delete", "b"), "b: no such instance, nothing to delete\n");
});

/** A host with instances whose restarts take a moment, and what it was asked for. */
async function labelledHost(labels: Readonly<Record<string, readonly string[]>>) {
  const restarted: string[] = [];
  let running = 0;
  let most = 0;
  const host = await startSocketHost({
    instances: {
      listInstances: ({ filter }) => ({
        instances: (labels[filter?.labels["mode"] ?? ""] ?? [])
          .filter((name) => filter?.names.length === 0 || filter?.names.includes(name))
          .map((name) => ({ name })),
      }),
      async restartInstance({ name }) {
        running += 1;
        most = Math.max(most, running);
        restarted.push(name);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        if (name === "b") throw failure(Code.Aborted, "BUSY", "b is busy", { metadata: { name } });
        return { instance: instance(name) };
      },
    },
  });
  return { host, restarted, most: () => most, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

test("--label selects, --at-once limits; one that fails keeps nothing from the others", async () => {
  await using setup = await labelledHost({ versus: ["a", "b", "c", "d"] });
  const address = ["--address", setup.host.address];
  const { code, out, err } = await run(["restart", "--label", "mode=versus", "--at-once", "2", ...address]);
  assert.deepEqual([code, out.trim().split("\n").sort()], [4, ["a", "c", "d"].map((name) => `${name}: restarted, port 27015`)]);
  assert.match(err, /^error: b: b is busy\n/);
  assert.deepEqual([setup.restarted, setup.most()], [["a", "b", "c", "d"], 2]);
  await run(["restart", "--label", "mode=versus", ...address]);
  assert.equal(setup.most(), 4, "all of them, unless somebody says otherwise");
});

test("names with --label: only those that have it, each other one is told; --json is an array", async () => {
  await using setup = await labelledHost({ versus: ["a"] });
  const args = ["restart", "gone", "a", "--label", "mode=versus", "--json", "--address", setup.host.address];
  const { code, out, err } = await run(args);
  assert.equal(code, 3);
  assert.match(err, /^error: gone: there is no instance "gone" with the label mode=versus\n/);
  const [refused, restarted] = JSON.parse(out) as [{ error: { code: string } }, { instance: { name: string } }];
  assert.deepEqual([refused.error.code, restarted.instance.name, setup.restarted], ["NOT_FOUND", "a", ["a"]]);
  const one = await run(["restart", "--label", "mode=versus", "--json", "--address", setup.host.address]);
  assert.equal((JSON.parse(one.out) as unknown[]).length, 1);
  const none = await run(["stop", "--label", "mode=coop", "--address", setup.host.address]);
  assert.equal(none.code, 3);
  assert.match(none.err, /^error: no instance has the label mode=coop\n/);
});

test("what is to be worked on stands on the line, and --at-once is a number", async () => {
  for (const wrong of [
    ["stop"],
    ["delete"],
    ["delete", "--label", "a=b"],
    ...["0", "x", "-1"].map((count) => ["stop", "a", "--at-once", count]),
  ])
    assert.equal((await run(wrong)).code, 2, wrong.join(" "));
});

test("Ctrl-C leaves alone what was not begun", async () => {
  await using setup = await labelledHost({});
  const { code, err } = await run(["restart", "a", "c", "d", "--at-once", "1", "--address", setup.host.address], {
    onOut: (_, ends) => ends.interrupt("SIGINT"),
  });
  assert.equal(code, 130);
  assert.match(err, /^error: d: interrupted before it was begun\n/m);
  assert.ok(!setup.restarted.includes("d"));
});

test("--json: a document for one name, an array in the order of the names for several, failures in their place", async () => {
  await using host = await startSocketHost({
    instances: {
      stopInstance: ({ name }) => {
        if (name === "b") throw failure(Code.Aborted, "BUSY", "b is busy", { metadata: { name: "b" } });
        return { instance: instance(name), changed: true };
      },
    },
  });
  const one = JSON.parse((await run(["stop", "a", "--json", "--address", host.address])).out) as {
    instance: { name: string };
    changed: boolean;
  };
  assert.equal(one.instance.name, "a");
  assert.equal(one.changed, true);
  const { code, out, err } = await run(["stop", "b", "a", "--json", "--address", host.address]);
  assert.equal(code, 4);
  assert.match(err, /^error: b: b is busy\nhint: .*l4d2ctl --address \S+ stop b\n$/);
  const [failed, stopped] = JSON.parse(out) as [unknown, { changed: boolean }];
  assert.deepEqual(failed, { error: { code: "ABORTED", reason: "BUSY", message: "b is busy", metadata: { name: "b" }, violations: [] } });
  assert.equal(stopped.changed, true);
});

test("the worst exit code of several names", async () => {
  const failures: Record<string, ReturnType<typeof failure>> = {
    missing: failure(Code.NotFound, "INSTANCE_NOT_FOUND", "there is no instance missing", { metadata: { name: "missing" } }),
    port: failure(Code.FailedPrecondition, "PORT_IN_USE", "port 1 is held by z", { metadata: { port: "1", holder: "z" } }),
  };
  await using host = await startSocketHost({
    instances: {
      startInstance: ({ name }) => {
        if (failures[name] !== undefined) throw failures[name];
        return { changed: true };
      },
    },
  });
  const { code, out, err } = await run(["start", "ok", "missing", "port", "--address", host.address]);
  assert.equal(code, 7);
  assert.equal(out, "ok: started\n");
  assert.match(
    err,
    /error: missing: there is no instance missing\nhint: the instances there are: l4d2ctl --address \S+ list; to create it: l4d2ctl --address \S+ initialize missing -f spec.yaml\n/,
  );
  assert.match(err, /error: port: port 1 is held by z\nhint: choose another port, or stop the holder \(z\)/);
});

test("START_FAILED prints the last lines and the exit, and returns 1", async () => {
  const value = create(StartFailureSchema, {
    step: "waiting for the port",
    exit: { signal: "SIGSEGV", lastLines: ["Loading", "\x1b[31mboom"] },
  });
  await using host = await startSocketHost({
    instances: {
      startInstance: () => {
        throw failure(Code.Internal, "START_FAILED", "the game ended before it was ready", {
          metadata: { name: "a" },
          detail: { desc: StartFailureSchema, value },
        });
      },
    },
  });
  const { code, err } = await run(["start", "a", "--address", host.address]);
  assert.equal(code, 1);
  assert.equal(
    err,
    `error: the game ended before it was ready\n  | Loading\n  | \\x1b[31mboom\n  ended: killed by SIGSEGV (waiting for the port)\nhint: the host goes on trying a few times; to end that: l4d2ctl --address ${host.address} stop a; the whole log: l4d2ctl --address ${host.address} logs a --no-follow; what it runs: l4d2ctl --address ${host.address} explain a\n`,
  );
});

test("START_FAILED of a game that could not be executed does not promise another try", async () => {
  await using host = await startSocketHost({
    instances: {
      startInstance: () => {
        throw failure(Code.Internal, "START_FAILED", "./srcds_run could not be executed (exited with code 127)", {
          metadata: { name: "a" },
          detail: { desc: StartFailureSchema, value: create(StartFailureSchema, { step: "exec", exit: { code: 127 } }) },
        });
      },
    },
  });
  const { err } = await run(["start", "a"], { env: { LEFT4ME_ADDRESS: host.address } });
  assert.match(
    err,
    /^hint: nothing tries again; what is wrong with the host: l4d2ctl doctor; the whole log: l4d2ctl logs a --no-follow; /m,
  );
});

test("HELPER_FAILED prints the stderr, of which nothing commands the terminal, and exits with that code", async () => {
  await using host = await startSocketHost({
    instances: {
      startInstance: ({ name }) => {
        throw failure(Code.Internal, "HELPER_FAILED", "mount failed", {
          metadata: {
            command: "mount -t overlay",
            stderr: "mount: bad\x1b]52;c;x\x07\n  indented\n",
            ...(name === "killed" ? { signal: "SIGKILL" } : { exit_code: "32" }),
          },
        });
      },
    },
  });
  const exited = await run(["start", "a", "--address", host.address]);
  assert.equal(exited.code, 32);
  assert.match(exited.err, /^mount: bad\\x1b\]52;c;x\\x07\n {2}indented\nerror: mount -t overlay exited with code 32\nhint: .*doctor;/);
  const killed = await run(["start", "killed", "--address", host.address]);
  assert.equal(killed.code, 1);
  assert.match(killed.err, /error: mount -t overlay was killed by SIGKILL\n/);
});

test("--timeout ends the waiting with 8, Ctrl-C with 130; both say that the host goes on", async () => {
  await using host = await startSocketHost({
    instances: {
      async startInstance(_request, context) {
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        return {};
      },
      stopInstance: () => ({ changed: true }),
      getInstance: () => ({ instance: { status: { state: InstanceState.RUNNING, readiness: Readiness.NOT_READY } } }),
    },
  });
  const late = await run(["start", "a", "--timeout", "60ms", "--address", host.address]);
  assert.equal(late.code, 8);
  assert.equal(
    late.err,
    `error: waited 0.06 s for a to start and become ready; last seen: RUNNING, not ready\nhint: the host goes on with it; its log: l4d2ctl --address ${host.address} logs a; wait longer: --timeout 1s\n`,
  );
  const left = await run(["start", "a", "--address", host.address], { interruptAfterMs: 60 });
  assert.equal(left.code, 130);
  assert.match(left.err, /error: interrupted\nhint: the host goes on/);
});

test("a host that dies during a call: 6, and nobody knows whether it took effect", async () => {
  let drop: () => void = () => undefined;
  await using host = await startSocketHost({
    instances: {
      async stopInstance() {
        setTimeout(() => drop(), 20);
        await new Promise((resolve) => setTimeout(resolve, 1000).unref());
        return {};
      },
    },
  });
  drop = () => host.dropConnections();
  const { code, err } = await run(["stop", "a", "--address", host.address]);
  assert.equal(code, 6);
  assert.match(
    err,
    /^error: .*whether the call took effect is not known\nhint: look whether it is back: l4d2ctl --address \S+ status a\n$/,
  );
});
