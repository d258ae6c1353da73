import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type RawEntry, tarOf } from "../host/unpack/tar.ts";
import { type InstallerOptions, InstallerPlace, standin, standinTree } from "./installer-run.ts";

const archive = gzipSync(tarOf(...standinEntries()), { level: 1 });

describe("installer: bootstrap", { concurrency: 3 }, () => {
  test("downloads SteamCMD once, and runs it from the home directory", async (context) => {
    const place = await InstallerPlace.make(context);
    let served = 0;
    const address = await serve(context, (response) => {
      served += 1;
      response.setHeader("content-length", archive.length);
      response.end(archive);
    });
    const options = bootstrapFrom(address);
    const first = await place.install(options);
    assert.deepEqual({ exitCode: first.exitCode, failure: first.failure }, { exitCode: 0, failure: undefined });
    assert.deepEqual(readdirSync(place.home).sort(), ["Steam", "steamcmd"]);
    assert.equal(
      readFileSync(join(place.game, ".steam/sdk32/steamclient.so"), "utf8"),
      readFileSync(join(standin, "linux32/steamclient.so"), "utf8"),
    );
    const second = await place.install({ ...options, order: {} });
    assert.deepEqual({ exitCode: second.exitCode, served }, { exitCode: 0, served: 1 });
    assert.ok(second.lines.some((line) => line.includes(`${place.home}/steamcmd/steamcmd.sh updates the game`)));
  });

  const evil = (entry: RawEntry) => gzipSync(tarOf({ name: "steamcmd.sh", mode: 0o755, content: "#!/bin/sh\n" }, entry));
  const refused: Readonly<
    Record<string, { readonly answer: (response: ServerResponse) => void; readonly problem: RegExp; readonly env?: Record<string, string> }>
  > = {
    "404": { answer: (response) => response.writeHead(404).end("no"), problem: /the answer is 404 Not Found/ },
    "a page in its place": { answer: (response) => response.end(`<html>${"x".repeat(2000)}</html>`), problem: /archive is refused/ },
    nothing: { answer: (response) => response.end(), problem: /is empty/ },
    "a path that leaves the tree": { answer: (response) => response.end(evil({ name: "../evil", content: "x" })), problem: /"\.\."/ },
    "an absolute path": { answer: (response) => response.end(evil({ name: "/tmp/evil", content: "x" })), problem: /absolute/ },
    "a link that leaves the tree": {
      answer: (response) => response.end(evil({ name: "l", type: "2", link: "../../etc" })),
      problem: /leaves the tree/,
    },
    "a device": { answer: (response) => response.end(evil({ name: "null", type: "3" })), problem: /archive is refused/ },
    "no steamcmd.sh": {
      answer: (response) => response.end(gzipSync(tarOf({ name: "readme", content: "x" }))),
      problem: /no executable steamcmd\.sh/,
    },
    "a download that breaks off": {
      answer: (response) => {
        response.setHeader("content-length", archive.length);
        response.write(archive.subarray(0, archive.length / 2), () => response.destroy());
      },
      problem: /terminated|aborted|closed/,
    },
    "half an archive": { answer: (response) => response.end(archive.subarray(0, archive.length / 2)), problem: /cut off/ },
    "a server that stalls": {
      answer: (response) => response.write(archive.subarray(0, 100)),
      problem: /not there within 0\.4 s/,
      env: { LEFT4ME_INSTALL_DOWNLOAD_MS: "400" },
    },
  };

  for (const [name, { answer, problem, env }] of Object.entries(refused))
    test(`${name}: nothing is left`, async (context) => {
      const place = await InstallerPlace.make(context);
      const address = await serve(context, answer);
      const { failure } = await place.install(bootstrapFrom(address, env));
      assert.equal(failure?.reason, "STEAMCMD_DOWNLOAD_FAILED", failure?.cause);
      assert.match(failure.metadata["problem"] ?? "", problem);
      assert.equal(failure.metadata["address"], address);
      assert.ok(failure.cause.includes(address) && failure.cause.includes(failure.metadata["problem"] ?? "?"));
      assert.deepEqual(readdirSync(place.home), []);
    });

  test("SIGTERM during the download: nothing is left", async (context) => {
    const place = await InstallerPlace.make(context);
    const asked = Promise.withResolvers<void>();
    const address = await serve(context, (response) => response.write(archive.subarray(0, 2000), () => asked.resolve()));
    const child = await place.start(bootstrapFrom(address));
    const ending = place.outcome(child);
    await asked.promise;
    child.kill("SIGTERM");
    const { failure, exitCode } = await ending;
    assert.deepEqual({ exitCode, reason: failure?.reason }, { exitCode: 1, reason: "INSTALL_INTERRUPTED" });
    assert.deepEqual(readdirSync(place.home), []);
  });

  test("nobody listens", async (context) => {
    const place = await InstallerPlace.make(context);
    const { failure } = await place.install(bootstrapFrom("http://127.0.0.1:1/steamcmd.tar.gz"));
    assert.equal(failure?.reason, "STEAMCMD_DOWNLOAD_FAILED");
    assert.match(failure.cause, /fetch failed \(.+\)|bad port/);
  });
});

function bootstrapFrom(address: string, env: Record<string, string> = {}): InstallerOptions {
  const settings = { LEFT4ME_STEAMCMD: undefined, LEFT4ME_STEAMCMD_ADDRESS: address, ...env };
  return { order: { bootstrap: true }, env: settings, behaviour: { content: standinTree } };
}

async function serve(context: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/steamcmd_linux.tar.gz`;
}

/** The stand-in as Valve packs the real one. */
function standinEntries(): RawEntry[] {
  return globSync("**/*", { cwd: standin })
    .sort()
    .filter((path) => statSync(join(standin, path)).isFile())
    .map((name) => ({ name, mode: statSync(join(standin, name)).mode & 0o777, content: readFileSync(join(standin, name)) }));
}
