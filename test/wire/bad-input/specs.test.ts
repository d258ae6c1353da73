import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { after, afterEach, before, describe, test } from "node:test";
import { run } from "../../unit/cli/fake-terminal.ts";
import { GuardedHost, refused } from "./guarded-host.ts";

const bomb = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ...[..."bcdefghij"].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefghij"[index]}`).join(",")}]`),
  "port: 27015",
  "config: *j",
].join("\n");

/** Files that l4d2ctl is given. */
const files: readonly (readonly [row: string, text: string | Uint8Array, found: RegExp])[] = [
  ["is not YAML", "port: [27015\n  config: {", /is not valid YAML.*line/],
  ["is no text", Uint8Array.of(0x70, 0xff, 0xfe, 0), /not UTF-8/],
  ["is empty", "", /the file is empty/],
  ["is an alias bomb", bomb, /spec\.config\[0\]: is a list/],
  ["is nothing but aliases", `x: &x v\nport: 1\nconfig: [${"*x,".repeat(5000)}]`, /more than 64 aliases/],
  ["is nested too deeply", "[".repeat(50_000), /nested too deeply/],
  ["has a key twice", "port: 27015\nport: 27016", /spec\.port: is given twice \(line 2/],
  ["has port 0", "port: 0", /spec\.port: must be 1 to 65535/],
  ["has port 70000", "port: 70000", /spec\.port: must be 1 to 65535/],
  ["has a command for a port", 'port: "27015; rm -rf /"', /spec\.port: must be a number without quotes/],
  ["has wrong types", "port: 1\nconfig: { a: b }\noverlays: text\nvolatile: 3", /spec\.overlays: must be a list/],
  ["has 10 MB", `port: 27015\nconfig:\n${"  - echo hello, hello, hello\n".repeat(350_000)}`, /more than 1048576 bytes/],
];

/** Specifications as other programs send them. */
const messages: readonly (readonly [row: string, spec: object | string, found: RegExp])[] = [
  ["port 0", { port: 0 }, /spec\.port: must be 1 to 65535/],
  ["port 70000", { port: 70_000 }, /spec\.port: must be 1 to 65535/],
  ["a command for a port", { port: "27015; rm -rf /" }, /cannot decode.*uint32/],
  ["a negative port", { port: -1 }, /cannot decode.*uint32/],
  ["half a port", { port: 27015.5 }, /cannot decode.*uint32/],
  ["a text for a list", { port: 27_400, config: "echo hello" }, /cannot decode.*config/],
  ["a list of objects", { port: 27_400, arguments: [{}] }, /cannot decode.*arguments/],
  ["a number that is too large", { port: 27_400, resources: { memoryMaxBytes: "99999999999999999999999" } }, /cannot decode.*uint64/],
  ["memory beyond what numbers hold", { port: 27_400, resources: { memoryMaxBytes: "18446744073709551615" } }, /memory_max_bytes/],
  ["10 MB", { port: 27_400, config: ["x".repeat(10_000_000)] }, /larger than/],
];

describe("specifications", () => {
  let host: GuardedHost;
  before(async () => {
    host = await GuardedHost.open();
  });
  after(() => host?.close());
  afterEach(() => host.unharmed());

  for (const [row, text, found] of files) {
    test(`a file that ${row} is refused with its place, and nothing is sent`, async () => {
      const path = join(tmpdir(), `left4me-bad-${process.pid}.yaml`);
      await writeFile(path, text);
      for (const name of ["new", "stopped"]) {
        const { code, err } = await run(["initialize", name, "-f", path, "--address", `unix:${host.socketPath}`]);
        assert.equal(code, 5, err);
        assert.match(err, found);
        assert.ok(err.length < 20_000, `${err.length} characters`);
      }
    });
  }

  for (const [row, spec, found] of messages) {
    test(`a message with ${row} is INVALID_ARGUMENT, or too large`, async () => {
      for (const name of ["new", "stopped"]) {
        const { status, code, message } = await post(host.socketPath, JSON.stringify({ name, spec }));
        const [expectedStatus, expectedCode] = row === "10 MB" ? [429, "resource_exhausted"] : [400, "invalid_argument"];
        assert.deepEqual([status, code], [expectedStatus, expectedCode], message);
        assert.match(message, found);
      }
    });
  }

  test("a port that a game has is PORT_IN_USE, and the game keeps it", async () => {
    const { instances } = host.client;
    const { instance } = await instances.getInstance({ name: "running" });
    const extra = await host.extra("late", { port: instance?.spec?.port ?? 0 });
    await refused(instances.startInstance({ name: "late" }), "PORT_IN_USE", /instance "running"/);
    await extra.remove();
  });

  test("a port that a stranger has is PORT_IN_USE, with his process", async () => {
    const stranger = createSocket("udp4").bind(0);
    await once(stranger, "listening");
    const { port } = stranger.address();
    const extra = await host.extra("late", { port });
    await refused(
      host.client.instances.startInstance({ name: "late" }),
      "PORT_IN_USE",
      new RegExp(`port ${port} is held by .*${process.pid}`),
    );
    stranger.close();
    await host.client.instances.startInstance({ name: "late" });
    await extra.remove();
  });
});

/** A call in JSON, as curl makes it. */
async function post(socketPath: string, body: string): Promise<{ status: number; code: string; message: string }> {
  const path = "/left4me.host.v1.InstanceService/InitializeInstance";
  const call = request({ socketPath, path, method: "POST", headers: { "content-type": "application/json" } });
  const answered = once(call, "response");
  call.on("error", () => {}).end(body);
  const [response] = await answered;
  return { status: response.statusCode ?? 0, ...((await json(response)) as { code: string; message: string }) };
}
