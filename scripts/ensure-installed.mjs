// Installs the npm packages when they are missing or not those of package-lock.json. `npm start` and `npm test` run it
// first, so that each works alone on a fresh clone. Plain JavaScript: before the installation any Node.js from 18 runs it.
// It says nothing when all is well.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ownNode = join(root, "node_modules/.bin/node");
const neededNode = [22, 18];

const outdated = whyOutdated();
if (outdated !== undefined) install(outdated);
requireNode();

/** Compares what npm says it has put there with the lockfile: times of files change with every checkout. */
function whyOutdated() {
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return "the npm packages are not installed yet";
  for (const [path, { version, integrity, optional, link }] of Object.entries(wanted ?? {})) {
    if (path === "" || link) continue;
    const found = installed[path];
    // Optional packages of other platforms are left out; a workspace stands in the tree itself.
    if (found === undefined && (optional || !path.startsWith("node_modules/"))) continue;
    if (found?.version !== version || found?.integrity !== integrity) return `${path} is not the version of package-lock.json`;
  }
  return undefined;
}

function readPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

function install(why) {
  say(`${why}; installing them`);
  const first = npm("ci");
  if (first.ok) return afterInstall();
  // A lockfile that does not fit package.json stops `npm ci` only; without a network nothing else helps either.
  const second = first.offline ? first : npm("install");
  if (second.ok) return afterInstall();
  process.stderr.write(second.stderr.replaceAll(/^npm warn EBADENGINE.*\n/gim, ""));
  say(
    second.offline
      ? "the npm packages cannot be fetched: the registry cannot be reached. Connect this machine to the network, or fill npm's cache, and try again"
      : "the npm packages could not be installed; npm's own words stand above",
  );
  process.exit(1);
}

function npm(verb) {
  const args = [verb, "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--prefer-offline"];
  const { status, stderr, error } = spawnSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (error) {
    say(`npm cannot be run (${error.message}); install npm`);
    process.exit(1);
  }
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|network/.test(stderr);
  return { ok: status === 0, offline, stderr };
}

/** Where the packaged Node.js does not run (another C library), the machine's own takes its place. */
function afterInstall() {
  if (existsSync(ownNode) && spawnSync(ownNode, ["--version"]).status !== 0) rmSync(ownNode);
}

function requireNode() {
  if (existsSync(ownNode)) return;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1])) return;
  say(
    `Node.js ${neededNode.join(".")} or newer is needed; this is ${process.versions.node}, and npm brings one along for Linux on x64 only`,
  );
  process.exit(1);
}

function say(text) {
  process.stderr.write(`left4me-host: ${text}.\n`);
}
