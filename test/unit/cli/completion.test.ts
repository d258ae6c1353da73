import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";
import { installCompletion, namedHost } from "./shell-completion.ts";

/** What is offered in the place of the last word, without descriptions. */
async function offered(line: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { out, err } = await run(["__complete", "--timeout", "30s", "--", ...line.split(" ")], { env });
  assert.equal(err, "", line);
  return out
    .split("\n")
    .slice(0, -1)
    .map((word) => word.split("\t")[0] ?? "");
}

test("commands, flags and choices, wherever the options stand", async () => {
  assert.deepEqual(await offered("sta"), ["start", "status"]);
  for (const before of ["--address X ", "--address=X ", "--timeout 3s --address X ", "-V "])
    assert.deepEqual(await offered(`${before}sta`), ["start", "status"], before);
  assert.ok((await offered("")).includes("completion"));
  assert.ok(!(await offered("")).includes("__complete"));
  assert.deepEqual(await offered("overlays "), ["list", "import", "delete", "help"]);
  assert.deepEqual(await offered("help lo"), ["logs"]);
  assert.deepEqual(await offered("help overlays im"), ["import"]);
  assert.deepEqual(await offered("help start "), []);
  assert.deepEqual(await offered("logs alpha --no"), ["--no-follow"]);
  assert.deepEqual(await offered("logs --ad"), ["--address"]);
  assert.deepEqual(await offered("doctor --a"), ["--all", "--address"]);
  assert.deepEqual(await offered("install --"), [
    ...["--import", "--no-activate", "--validate", "--bootstrap-steamcmd", "--detach", "--attach", "--status", "--cancel", "--verbose"],
    ...["--json", "--help", "--version", "--address", "--timeout"],
  ]);
  assert.deepEqual(await offered("start alpha --wait-for "), ["active", "ready"]);
  assert.deepEqual(await offered("spe"), ["spec"]);
  assert.deepEqual(await offered("restart --at-"), ["--at-once"]);
  assert.deepEqual(await offered("restart --label mode=versus --at-once "), []);
  assert.deepEqual(await offered("logs -o c"), ["cat"]);
  assert.deepEqual(await offered("logs -oc"), ["-ocat"]);
  assert.deepEqual(await offered("logs --output=js"), ["--output=json"]);
  assert.deepEqual(await offered("completion "), ["bash", "zsh", "fish"]);
  assert.match((await run(["__complete", "--", "host"])).out, /^host\tshows what the host is/);
});

test("names of the host, all pages, at the address of the line", async () => {
  await using host = await namedHost();
  const { address } = host;
  assert.deepEqual(await offered(`--address ${address} start `), ["alpha", "beta", "gamma", "alpine"]);
  assert.deepEqual(await offered(`logs beta --address=${address} al`), ["alpha", "alpine"]);
  assert.deepEqual(await offered("stop -- g", { LEFT4ME_ADDRESS: address }), ["gamma"]);
  assert.deepEqual(await offered("activate ", { LEFT4ME_ADDRESS: address }), ["b1"]);
  assert.deepEqual(await offered("install --attach ", { LEFT4ME_ADDRESS: address }), ["j1"]);
  assert.deepEqual(await offered("install --cancel ", { LEFT4ME_ADDRESS: address }), ["j1"]);
  assert.deepEqual(await offered("install --cancel --js", { LEFT4ME_ADDRESS: address }), ["--json"]);
  assert.deepEqual(await offered("install --cancel --address ", { LEFT4ME_ADDRESS: address }), [":files"]);
  assert.deepEqual(await offered("install --attach=j", { LEFT4ME_ADDRESS: address }), ["--attach=j1"]);
  assert.deepEqual(await offered("restore alpha ", { LEFT4ME_ADDRESS: address }), ["20261129T101500Z-1a2b"]);
  assert.deepEqual(await offered("archives alpha --delete ", { LEFT4ME_ADDRESS: address }), ["20261129T101500Z-1a2b"]);
  assert.deepEqual(await offered("restore beta ", { LEFT4ME_ADDRESS: address }), []);
  assert.deepEqual(await offered("overlays delete u", { LEFT4ME_ADDRESS: address }), ["users/42/custom"]);
  assert.deepEqual(await offered("list --label ", { LEFT4ME_ADDRESS: address }), ["mode=versus", "owner=me"]);
  assert.deepEqual(await offered("list --label=o", { LEFT4ME_ADDRESS: address }), ["--label=owner=me"]);
});

test("files where files are meant, and nothing where there is nothing to offer", async () => {
  await using host = await namedHost();
  const env = { LEFT4ME_ADDRESS: host.address };
  for (const line of ["initialize a -f ", "initialize a --file=", "install --import ./", "--address ", "overlays import standard "])
    assert.deepEqual(await offered(line, env), [":files"], line);
  for (const line of ["initialize a -f x ", "explain alpha ", "logs --lines ", "list ", "nonsense ", "list --nonsense="])
    assert.deepEqual(await offered(line, env), [], line);
});

test("a host that does not answer in time is none, within a second unless --timeout says otherwise", async () => {
  await using host = await startSocketHost({ instances: { listInstances: () => new Promise(() => undefined) } });
  const line = ["--", "--address", host.address, "start", ""];
  const nothing = { code: 1, out: "", err: "" };
  const start = performance.now();
  assert.deepEqual(await run(["__complete", ...line]), nothing);
  assert.ok(performance.now() - start >= 990);
  for (const timeout of ["50ms", "soon"]) assert.deepEqual(await run(["__complete", "--timeout", timeout, ...line]), nothing);
});

test("without a host it is silent", async () => {
  assert.deepEqual(await run(["__complete", "--", "--address", "unix:/nonexistent", "start", ""]), { code: 1, out: "", err: "" });
});

/** A directory's `l4d2ctl` and its completion script in a real bash; each line is words as readline splits them, the last being typed. */
async function inBash(directory: string, lines: readonly (readonly string[])[]): Promise<string[][]> {
  const { path, env } = await installCompletion(directory, "bash");
  const script = `source "$0" && complete -p l4d2ctl >/dev/null || exit
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); current=\${COMP_WORDS[COMP_CWORD]}
    case $current in :|=) current= ;; esac
    _l4d2ctl l4d2ctl "$current" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const complete = async (words: readonly string[]) => {
    const args = ["--norc", "-c", script, path, "l4d2ctl", ...words];
    const { stdout } = await promisify(execFile)("bash", args, { env });
    return stdout.split("\n").filter((word) => word !== "");
  };
  return await Promise.all(lines.map(complete));
}

test("bash: the script in a real shell, addresses and labels split as readline does", async () => {
  await using host = await namedHost();
  const path = host.address.slice("unix:".length);
  const found = await inBash(host.directory, [
    ["sta"],
    ["--address", "unix", ":", path, "start", "al"],
    ["--address", "=", "unix", ":", path, "status", ""],
    ["--address", "unix", ":", path, "list", "--label", "mode", "=", "v"],
    ["--address", "unix", ":", path, "list", "--label", "mode", "="],
    ["--address", "unix", ":", "/nonexistent", "start", ""],
    ["initialize", "alpha", "-f", ""],
  ]);
  assert.deepEqual(found, [
    ["start", "status"],
    ["alpha", "alpine"],
    ["alpha", "beta", "gamma", "alpine"],
    ["versus"],
    ["versus"],
    [],
    [], // readline completes files
  ]);
});

test("there is a script for each of three shells", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await run(["completion", shell]);
    assert.equal(code, 0);
    assert.match(out, /l4d2ctl __complete -- /);
    assert.doesNotMatch(out, /undefined/);
  }
});
