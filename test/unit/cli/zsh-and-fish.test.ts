import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { installCompletion, namedHost } from "./shell-completion.ts";

/** A zsh that somebody sits at: it completes as it is set up to, and writes what is offered to $FOUND, behind each line a point. */
const sitter = `
  PS1=
  fpath=($1 $fpath)
  autoload -Uz compinit && compinit -u -D
  compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits
    builtin compadd -A hits "$@"
    print -rl -- $hits >> $FOUND
    builtin compadd "$@"
  }
  ended() { print -r -- . >> $FOUND; comppostfuncs=(ended) }
  comppostfuncs=(ended)
  bindkey '^I' list-choices
`;

/** Types lines at it, with a Tab behind each. */
const typist = `
  zmodload zsh/zpty
  zpty shell zsh -f -i
  zpty -w shell "source $1 $2"
  shift 2
  integer count=0
  for line; do
    count+=1
    zpty -n -w shell $'\\x15'"$line"$'\\t'
    until (( $(grep -c '^[.]$' $FOUND) >= count )); do
      while zpty -r -t shell read '*'; do :; done
      sleep 0.05
    done
  done
  zpty -d shell
`;

/** What zsh offers for the end of each of these lines. */
async function inZsh(directory: string, lines: readonly string[]): Promise<string[][]> {
  const { env } = await installCompletion(directory, "zsh");
  const found = join(directory, "found");
  await writeFile(found, "");
  await writeFile(join(directory, "sitter.zsh"), sitter);
  await writeFile(join(directory, "typist.zsh"), typist);
  const args = ["-f", join(directory, "typist.zsh"), join(directory, "sitter.zsh"), directory, ...lines];
  await promisify(execFile)("zsh", args, { env: { ...env, FOUND: found }, cwd: directory });
  return offersOf(await readFile(found, "utf8"));
}

/** What fish offers for the end of each of these lines, with descriptions. */
async function inFish(directory: string, lines: readonly string[]): Promise<string[][]> {
  const { path, env } = await installCompletion(directory, "fish");
  const script = "source $argv[1]; for line in $argv[2..-1]; complete -C $line; echo .; end";
  const { stdout } = await promisify(execFile)("fish", ["--no-config", "-c", script, path, ...lines], { env, cwd: directory });
  return offersOf(stdout);
}

/** A line a word, and a point behind each offer. */
function offersOf(text: string): string[][] {
  const offers = text.split(/^\.\n/m).slice(0, -1);
  return offers.map((offer) => offer.split("\n").filter((word) => word !== ""));
}

const lacks = (shell: string) => spawnSync(shell, ["--version"]).error !== undefined && `needs ${shell}`;

test("zsh: the script in a real shell", { skip: lacks("zsh") }, async () => {
  await using host = await namedHost();
  const l4d2ctl = `l4d2ctl --address ${host.address}`;
  const found = await inZsh(host.directory, [
    "l4d2ctl sta",
    `${l4d2ctl} start al`,
    `${l4d2ctl} list --label mode=`,
    `${l4d2ctl} list --label=o`,
    `l4d2ctl --address '${host.address}' overlays delete us`,
    "l4d2ctl initialize alpha -f _l4",
  ]);
  assert.deepEqual(
    found.map((words) => words.toSorted()),
    [["start", "status"], ["alpha", "alpine"], ["mode=versus"], ["--label=owner=me"], ["users/42/custom"], ["_l4d2ctl"]],
  );
});

test("fish: the script in a real shell", { skip: lacks("fish") }, async () => {
  await using host = await namedHost();
  const l4d2ctl = `l4d2ctl --address ${host.address}`;
  const found = await inFish(host.directory, [
    "l4d2ctl sta",
    `${l4d2ctl} start al`,
    `${l4d2ctl} list --label mode=`,
    `${l4d2ctl} list --label=o`,
    "l4d2ctl initialize alpha -f l4d2ctl.f",
  ]);
  const [commands = [], ...others] = found;
  assert.match(commands.join("\n"), /^start\tstarts instances and .*\nstatus\tshows instances: .*$/);
  assert.deepEqual(others, [["alpha", "alpine"], ["mode=versus"], ["--label=owner=me"], ["l4d2ctl.fish"]]);
});
