import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "./source-imports.ts";

/** A registry that has what is installed here, so that `npm install` of another project needs no network. */
export type LocalRegistry = AsyncDisposable & { readonly url: string };

/** Serves the packages of node_modules, packed as they are asked for. */
export async function startLocalRegistry(): Promise<LocalRegistry> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    answer(path, `http://${request.headers.host}`, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(path: string, base: string, response: ServerResponse): Promise<void> {
  const name = path.replace(/\/-\/package\.tgz$/, "");
  const directory = join(projectRoot, "node_modules", name);
  if (!existsSync(join(directory, "package.json"))) response.writeHead(404).end("{}");
  else if (path === name) response.end(JSON.stringify(packument(directory, `${base}/${name}/-/package.tgz`)));
  else response.end(await pack(directory));
}

/** What a registry tells of a package: the one version that is here. */
function packument(directory: string, tarball: string) {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { readonly name: string; readonly version: string };
  const { name, version } = manifest;
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist: { tarball } } } };
}

async function pack(directory: string): Promise<Buffer> {
  const args = ["-czf", "-", "-C", directory, "--exclude=./node_modules", "--transform=s,^\\.,package,", "."];
  const { stdout } = await promisify(execFile)("tar", args, { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}
