/**
 * `npm run deb [-- options]`: the Debian package of the daemon and the command line, with their Node.js.
 *
 * Nothing of the machine or the moment shows in it: two builds of one commit are the same file.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { debianVersion } from "./deb/debian-version.ts";
import { nodeRuntime, ownArchitecture } from "./deb/node-runtime.ts";
import { placeControlFiles } from "./deb/place-control-files.ts";
import { placeFiles } from "./deb/place-files.ts";
import { settleTree } from "./deb/settle-tree.ts";
import { sourceDate } from "./deb/source-date.ts";

const usage = `Usage: npm run deb [-- options]

  --out DIR    where the package goes (default dist/deb)
  --arch ARCH  amd64 or arm64 (default: this machine's); its Node.js has to be installed here
  --fast       compresses little: for tests
`;

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: { out: { type: "string" }, arch: { type: "string" }, fast: { type: "boolean" }, help: { type: "boolean", short: "h" } },
});
try {
  process.stdout.write(values.help === true ? usage : `${buildPackage()}\n`);
} catch (error) {
  process.stderr.write(`npm run deb: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

/** Returns the path of the package. */
function buildPackage(): string {
  const architecture = values.arch ?? ownArchitecture;
  const runtime = nodeRuntime(root, architecture);
  const version = debianVersion(root);
  const epoch = sourceDate(root);
  const out = resolve(values.out ?? join(root, "dist/deb"));
  const tree = mkdtempSync(join(tmpdir(), "left4me-deb-"));
  try {
    placeFiles(tree, { root, architecture, runtime, version, epoch });
    placeControlFiles(tree, root, { version, architecture, sharedLibraries: runtime.sharedLibraries });
    settleTree(tree, epoch);
    return pack(tree, join(out, `left4me-host_${version}_${architecture}.deb`), epoch);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function pack(tree: string, file: string, epoch: number): string {
  mkdirSync(join(file, ".."), { recursive: true });
  const compression = values.fast === true ? ["-Zgzip", "-z1"] : ["-Zxz", "-z1"];
  execFileSync("dpkg-deb", ["--root-owner-group", ...compression, "--build", tree, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return file;
}
