import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { Code, WarningCode } from "../../../src/client/index.ts";
import type { InitializeInstanceRequest } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { type RunOptions, run } from "./fake-terminal.ts";

const spec = `port: 27015
overlays: [standard, { path: competitive/base, alias: comp }]
arguments: [-tickrate, 100, 1.10]
config:
  - hostname "My server"
labels: { mode: versus, owner: me }
resources: { memory_max: 2G }
prot: 1
`;

async function initializeHost(answer: object = { created: true, changed: true }) {
  const requests: InitializeInstanceRequest[] = [];
  const host = await startSocketHost({
    instances: {
      initializeInstance: (request) => {
        requests.push(request);
        return { warnings: [{ code: WarningCode.PORT_CLASH, message: "beta has the port too" }], ...answer };
      },
    },
  });
  return { host, requests, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

test("from standard input: specification and labels as written, warnings of both sides", async () => {
  await using setup = await initializeHost();
  const { code, out, err } = await run(
    ["initialize", "alpha", "-f", "-", "--label", "mode=coop", "--label", "x=a=b", "--address", setup.host.address],
    { stdin: spec },
  );
  assert.equal(code, 0);
  assert.equal(out, `alpha: created; start it: l4d2ctl --address ${setup.host.address} start alpha\n`);
  assert.equal(
    err,
    'warning: alpha: the unknown key "prot" is ignored (line 8, column 1); did you mean "port"?\nwarning: alpha: beta has the port too\n',
  );
  const request = setup.requests[0];
  assert.deepEqual(request?.labels, { mode: "coop", owner: "me", x: "a=b" });
  assert.equal(request.spec?.port, 27015);
  assert.deepEqual(request.spec.arguments, ["-tickrate", "100", "1.10"]);
  assert.deepEqual(request.spec.config, ['hostname "My server"']);
  assert.deepEqual(
    request.spec.overlays.map(({ ref, alias }) => [ref, alias]),
    [
      ["standard", ""],
      ["competitive/base", "comp"],
    ],
  );
  assert.equal(request.spec.resources?.memoryMaxBytes, 2147483648n);
});

test("from a file; replaced, unchanged, running with the old specification; --json", async () => {
  await using setup = await initializeHost({ changed: true, warnings: [], instance: { status: { pendingRestart: true } } });
  await writeFile(join(setup.host.directory, "a.yaml"), "port: 1\n");
  const options = { cwd: setup.host.directory };
  const args = ["initialize", "a", "-f", "a.yaml", "--address", setup.host.address];
  const replaced = await run(args, options);
  assert.equal(replaced.out, `a: replaced; it runs with the old specification until: l4d2ctl --address ${setup.host.address} restart a\n`);
  const json = JSON.parse((await run([...args, "--json", "--etag", "e1"], options)).out) as { changed: boolean; created: boolean };
  assert.deepEqual([json.changed, json.created], [true, false]);
  assert.equal(setup.requests[1]?.etag, "e1");
});

test("--validate-only shows what would run", async () => {
  await using setup = await initializeHost({ created: true, warnings: [], explanation: { argv: ["./srcds_run"] } });
  const { out } = await run(["initialize", "a", "-f", "-", "--validate-only", "--create-only", "--address", setup.host.address], {
    stdin: "port: 1",
  });
  assert.match(out, /^a: the specification can be used; it would be created\n\nLayers(?:.|\n)*Arguments\n {2}\.\/srcds_run\n$/);
  assert.deepEqual([setup.requests[0]?.validateOnly, setup.requests[0]?.createOnly], [true, true]);
});

test("files that cannot be used never reach the host: every violation with line and column", async () => {
  await using setup = await initializeHost();
  const address = ["--address", setup.host.address];
  const bad = await run(["initialize", "a", "-f", "-", ...address], { stdin: "port: x\nvolatile: 3\n" });
  assert.equal(bad.code, 5);
  assert.equal(
    bad.err,
    "error: the specification cannot be used\n  spec.port: must be a number without quotes (line 1, column 7)\n  spec.volatile: must be true or false (line 2, column 11)\n",
  );
  const strict = await run(["initialize", "a", "-f", "-", "--strict", ...address], { stdin: spec });
  assert.equal(strict.code, 5);
  assert.match(strict.err, /spec\.prot: is not a known key; did you mean "port"\? \(line 8, column 1\)/);
  const huge = await run(["initialize", "a", "-f", "-", ...address], { stdin: Buffer.alloc(10_000_000, "x") });
  assert.equal(huge.code, 5);
  assert.match(huge.err, /more than 1048576 bytes/);
  const absent = await run(["initialize", "a", "-f", "absent.yaml", ...address]);
  assert.deepEqual([absent.code, absent.err.split("\n")[0]], [2, "error: cannot read absent.yaml: no such file"]);
  const directory = await run(["initialize", "a", "-f", ".", ...address], { cwd: setup.host.directory });
  assert.equal(directory.code, 2);
  assert.equal((await run(["initialize", "a", "-f", "-", "--label", "novalue", ...address], { stdin: "port: 1" })).code, 2);
  assert.equal((await run(["initialize", "a", ...address])).code, 2);
  assert.equal(setup.requests.length, 0);
});

test("a standard input that does not end: Ctrl-C, SIGTERM and --timeout end the command, and the host was asked nothing", async () => {
  await using setup = await initializeHost();
  const initialize = async (args: readonly string[], options: RunOptions) => {
    const stdin = new PassThrough();
    stdin.write("port: 27015\n");
    const result = await run(["initialize", "alpha", "-f", "-", ...args, "--address", setup.host.address], { ...options, stdin });
    assert.ok(stdin.destroyed, "it would keep the process alive");
    return result;
  };
  const stopped = await initialize(["--json"], { interruptAfterMs: 100 });
  assert.deepEqual([stopped.code, stopped.err], [130, "error: interrupted\n"], "nothing goes on that the host was not asked for");
  assert.equal((JSON.parse(stopped.out) as { error: { code: string } }).error.code, "CANCELED");
  const late = await initialize(["--timeout", "100ms"], {});
  assert.equal(late.code, 8);
  assert.equal(
    late.err,
    "error: waited 0.1 s for the end of standard input; the host was not asked yet\nhint: wait longer: --timeout 1s\n",
  );
  assert.equal(setup.requests.length, 0);
});

test("what the host refuses: violations one below the other, conflicts", async () => {
  await using host = await startSocketHost({
    instances: {
      initializeInstance: ({ name }) => {
        if (name === "exists") throw failure(Code.AlreadyExists, "INSTANCE_EXISTS", "it exists");
        if (name === "Bad") throw failure(Code.InvalidArgument, "INVALID_NAME", "Bad is no name");
        throw failure(Code.InvalidArgument, "INVALID_SPEC", "the specification cannot be used: a; b", {
          violations: [
            { field: "spec.port", description: "bad" },
            { field: "labels.x", description: "worse" },
          ],
        });
      },
    },
  });
  const args = (name: string) => ["initialize", name, "-f", "-", "--address", host.address];
  const refused = await run(args("a"), { stdin: "port: 1" });
  assert.equal(refused.code, 5);
  assert.match(refused.err, /^error: the specification cannot be used\n {2}spec\.port: bad\n {2}labels\.x: worse\nhint: /);
  assert.equal((await run(args("exists"), { stdin: "port: 1" })).code, 4);
  assert.equal((await run(args("Bad"), { stdin: "port: 1" })).code, 2);
});
