import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { exitCodeOfReason, exitCodes } from "../../../src/cli/failures/exit-code.ts";
import { defaultAddresses } from "../../../src/cli/failures/host-candidates.ts";
import { ErrorReason } from "../../../src/client/index.ts";
import { startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

const services = {
  instances: { listInstances: () => ({ instances: [{ name: "alpha" }, { name: "beta" }] }) },
};

test("the address: option, LEFT4ME_ADDRESS, then the defaults in their order", async () => {
  await using host = await startSocketHost(services);
  const root = host.directory;
  assert.equal((await run(["list", "--address", host.address], { env: { LEFT4ME_ADDRESS: "unix:/nonexistent" } })).code, 0);
  assert.equal((await run(["--address", host.address, "list"])).code, 0);
  assert.equal((await run(["list"], { env: { LEFT4ME_ADDRESS: host.address } })).code, 0);
  assert.equal((await run(["list"], { env: { LEFT4ME_ROOT: root } })).code, 0);
  assert.equal((await run(["list", "--address", "unix:hostd.sock"], { cwd: root })).code, 0);
  assert.deepEqual(defaultAddresses({ env: { LEFT4ME_ROOT: "/r" }, cwd: "/c" }), [
    "unix:/run/left4me/operator.sock",
    "unix:/r/hostd.sock",
    "unix:/c/.left4me/hostd.sock",
  ]);
});

test("nobody there: what was tried and how to start one", async () => {
  const nobody = await run(["list"], { env: { LEFT4ME_ROOT: "/nonexistent/root" }, cwd: "/nonexistent/cwd" });
  assert.equal(nobody.code, 6);
  assert.match(
    nobody.err,
    /error: no host answers\n.*operator\.sock: no such socket\n {2}unix:\/nonexistent\/root\/hostd\.sock: no such socket\n {2}unix:\/nonexistent\/cwd\/\.left4me\/hostd\.sock: no such socket\nhint: start a host: .*npm start/s,
  );
  const named = await run(["list", "--address", "unix:/nonexistent/a.sock"]);
  assert.equal(named.code, 6);
  assert.match(named.err, /^error: no host answers at unix:\/nonexistent\/a\.sock \(no such socket\)\nhint: start a host/);
  const remote = await run(["list", "--address", "http://127.0.0.1:1"]);
  assert.equal(remote.code, 6);
  assert.match(remote.err, /^error: no host answers at http:\/\/127\.0\.0\.1:1 \(nobody listens\)\nhint: check address/);
  const wrong = await run(["list", "--address", "localhost:1"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /"localhost:1" is not an address of a host: use unix:/);
});

test("a server that is no host, a host that lacks a call, a host that hangs", async () => {
  await using server = await strangeServer();
  const strange = await run(["list", "--address", server.address]);
  assert.equal(strange.code, 6);
  assert.match(strange.err, /what listens there speaks no HTTP\/2/);
  await using empty = await startSocketHost({});
  const lacking = await run(["list", "--address", empty.address]);
  assert.equal(lacking.code, 10);
  await using hanging = await startSocketHost({ instances: { listInstances: () => new Promise(() => undefined) } });
  const hung = await run(["list", "--timeout", "80ms", "--address", hanging.address]);
  assert.equal(hung.code, 8);
  assert.match(
    hung.err,
    /^error: waited 0\.08 s for the list of instances; nothing was heard from unix:\/\S+\nhint: look whether the host is well: l4d2ctl --address \S+ host; or wait longer: --timeout 1s\n$/,
  );
});

test("the next command reaches the host that this one reached", async () => {
  const none = { instances: { listInstances: () => ({ instances: [] }) } };
  await using host = await startSocketHost(none);
  const next = async (args: readonly string[], options = {}) => /: (l4d2ctl .*)\n$/.exec((await run(["list", ...args], options)).err)?.[1];
  assert.equal(await next([], { env: { LEFT4ME_ADDRESS: host.address } }), "l4d2ctl initialize NAME -f spec.yaml");
  assert.equal(await next(["--address", host.address]), `l4d2ctl --address ${host.address} initialize NAME -f spec.yaml`);
  const path = join(host.directory, "it's mine");
  await symlink("hostd.sock", path);
  assert.equal(
    await next(["--address", `unix:${path}`]),
    `l4d2ctl --address 'unix:${host.directory}/it'\\''s mine' initialize NAME -f spec.yaml`,
  );
});

async function strangeServer() {
  const server = createServer((_request, response) => response.writeHead(404).end("no"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("help and version are 0, mistakes are 2", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  for (const code of Object.keys(exitCodes)) assert.match(help.out, new RegExp(`^ +${code}  `, "m"));
  assert.match((await run(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
  for (const command of [
    "initialize",
    "start",
    "stop",
    "restart",
    "reset",
    "delete",
    "status",
    "list",
    "logs",
    "explain",
    "spec",
    "doctor",
    "install",
    "builds",
    "activate",
    "overlays",
    "host",
    "completion",
  ]) {
    const { code, out } = await run([command, "--help"]);
    assert.equal(code, 0);
    assert.match(out, /Examples:\n {2}.*l4d2ctl/, command);
  }
  assert.equal((await run(["help", "start"])).code, 0);
  for (const wrong of [
    [],
    ["strat"],
    ["start"],
    ["start", "a", "--wait-for", "never"],
    ["list", "--what"],
    ["explain", "a", "b"],
    ["completion", "tcsh"],
  ]) {
    assert.equal((await run(wrong)).code, 2, wrong.join(" "));
  }
});

test("every reason of the contract has a code that is documented", () => {
  assert.deepEqual(
    Object.keys(exitCodeOfReason).sort(),
    Object.keys(ErrorReason)
      .filter((reason) => reason !== "UNSPECIFIED")
      .sort(),
  );
  for (const code of Object.values(exitCodeOfReason)) assert.ok(code in exitCodes);
});
