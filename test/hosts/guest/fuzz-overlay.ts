/**
 * fuzz-overlay.ts SEED COUNT: calls left4me-overlay with hostile argument vectors, hostile mount orders below instances/ and hostile
 * stage orders.
 *
 * Runs in a prepared host as root. Prints JSON: how often each exit code came, and every violation of what must hold:
 * nothing of root's is shown, quoted or changed; nothing is mounted elsewhere; no call hangs; refusals have a message.
 */
import { spawnSync } from "node:child_process";
import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const helper = "/usr/libexec/left4me/left4me-overlay";
const root = "/var/lib/left4me";
const instance = `${root}/instances/fuzz`;
const secret = "TOP-SECRET-OF-ROOT";
const random = generator(Number(process.argv[2]));
const count = Number(process.argv[3]);
const [daemonUid, gameGid] = [id("/etc/passwd", "left4me"), id("/etc/group", "left4me-game")];
const violations: string[] = [];
const codes: Record<string, number> = {};

/** A small generator of numbers in [0, 1) (mulberry32): a seed repeats a run. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The third field of an account's line. */
function id(file: string, account: string): number {
  return Number(new RegExp(`^${account}:[^:]*:(\\d+)`, "m").exec(readFileSync(file, "utf8"))?.[1]);
}

function pick<T>(values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError("nothing to pick from");
  return value;
}

const names = [
  "fuzz",
  "other",
  "",
  ".",
  "..",
  "../fuzz",
  "fuzz/..",
  "-rf",
  "--help",
  "%i",
  "a b",
  "a\nb",
  "$(touch /root/pwned)",
  "`id`",
  ";reboot",
  "*",
  "A",
  "a".repeat(64),
  "a".repeat(65),
  "x".repeat(100_000),
  "fuzz.service",
  "é",
  "\\",
  "fuzz:x",
  "fuzz,x",
  "@",
  "/etc",
  "runtime",
  "_a",
  "-",
  "a[0]",
  "argv[$(id)]",
];
const verbs = [
  "mount",
  "mount",
  "umount",
  "wipe",
  "sweep",
  "stage",
  "unstage",
  "hand-over",
  "",
  "-",
  "--",
  "--help",
  "mount ",
  "MOUNT",
  "do_mount",
  "fail",
  "$(id)",
  "exec",
  "mount\n",
];
const sound = ["layers/base", "overlays/real", "overlays/a/b", "overlay-versions/v1"].map((path) => `${root}/${path}`);
const odd = [
  "layers/a:b",
  "layers/a,b",
  "layers/a\\b",
  "layers/a\nb",
  "layers/a b",
  "layers/$(touch pwned)",
  "overlays/é",
  "layers/base (deleted)",
].map((path) => `${root}/${path}`);
const wild = [
  "/",
  "/root",
  "/root/secret",
  "/etc",
  "/dev",
  "/dev/watchdog",
  "/dev/zero",
  "/proc/1/root/root",
  "/proc/self/cwd",
  ".",
  "..",
  "../..",
  "../../../other/gen/1/layer",
  "/nonexistent",
  "000",
  "002",
  "launch",
  "x".repeat(300),
  ...[
    "",
    "layers",
    "overlays",
    "layers/..",
    "layers/link",
    "overlays/link",
    "overlays/link/secret",
    "layers/base/sub",
    "layers/fifo",
    "layers/file",
    "runtime",
    "runtime/fuzz/upper",
    "runtime/other/upper",
    "instances",
    "instances/other/gen/1/layer",
    "instances/fuzz/gen/2/layer",
    "instances/fuzz/gen/1",
  ].map((path) => `${root}/${path}`),
];
const limits = [
  "MemoryMax=1073741824",
  "CPUQuota=50",
  "Nice=-20",
  "TasksMax=0",
  "Nice=20",
  "MemoryMax=-1",
  "MemoryMax=99999999999999999999",
  "ExecStart=1",
  "MemoryMax=1\nUser=root",
  "Nice=",
  "=",
  "x".repeat(255),
];
const targets = [
  "mount/1",
  "mount/1",
  "mount/2",
  "mount/01",
  "mount/0",
  "mount/1/launch",
  "mount",
  ".",
  "..",
  "/",
  "/root",
  "/etc",
  "/proc/1/root/root",
  "mount/link",
  "missing",
  "/dev",
  "../other/mount/1",
  "../../layers/base",
  "gen/1",
  "x".repeat(300),
];

/** The store and the secrets, once. */
function prepare(): void {
  for (const path of [
    "layers/base/sub",
    "overlays/real",
    "overlays/a/b",
    "overlay-versions/v1",
    "instances/other/gen/1/layer",
    "instances/other/mount/1/launch",
  ])
    mkdirSync(join(root, path), { recursive: true });
  for (const path of odd) mkdirSync(path, { recursive: true });
  mkdirSync("/root/secret", { recursive: true });
  for (const name of ["secret/key", "000"]) writeFileSync(join("/root", name), `${secret}\n`);
  symlinkSync("/root", `${root}/layers/link`);
  symlinkSync("/root", `${root}/overlays/link`);
  spawnSync("mkfifo", [`${root}/layers/fifo`]);
  writeFileSync(`${root}/layers/file`, "x");
}

/** One mount order: each part is sound or from the pools. */
function makeHostile(): void {
  rmSync(instance, { recursive: true, force: true });
  const order = `${instance}/mount/1`;
  mkdirSync(`${instance}/gen/1/layer/left4dead2`, { recursive: true });
  mkdirSync(`${instance}/gen/2/layer`, { recursive: true });
  mkdirSync(`${order}/launch/.left4me`, { recursive: true });
  if (random() < 0.1) symlinkSync("/root", `${instance}/mount/link`);
  if (random() < 0.1) symlinkSync("/root", `${instance}/gen/1/layer/left4dead2/cfg`);
  else mkdirSync(`${instance}/gen/1/layer/left4dead2/cfg`);
  place(`${order}/000`, "launch");
  place(`${order}/001`, `${instance}/gen/1/layer`);
  if (random() < 0.1) symlinkSync("/root", `${order}/limits`);
  else if (random() < 0.2) {
    mkdirSync(`${order}/limits`);
    for (let count = random() * 3; count > 0; count -= 1) writeFileSync(join(order, "limits", pick(limits)), "");
  }
  const layers = random() < 0.05 ? 501 : Math.floor(random() * 4);
  for (let index = 2; index < layers + 2; index++) place(`${order}/${String(index).padStart(3, "0")}`, pick(sound));
  if (random() < 0.1) place(`${order}/volatile`, "/root/secret/key");
  place(`${instance}/current`, random() < 0.8 ? "mount/1" : pick(targets));
  giveToDaemon(instance);
}

/** A stage order, and what lies where a hand-over goes. */
function makeHostileStage(): void {
  const order = `${root}/stage`;
  rmSync(order, { recursive: true, force: true });
  if (random() < 0.05) symlinkSync(pick(wild), order);
  else {
    mkdirSync(order);
    const layers = random() < 0.05 ? 501 : Math.floor(random() * 4);
    for (let index = 0; index < layers; index++) place(`${order}/${String(index).padStart(3, "0")}`, `${root}/layers/base`);
  }
  giveToDaemon(order);
  if (random() < 0.3) place(`${root}/layers/.staged`, pick(wild));
}

function giveToDaemon(path: string): void {
  lchownSync(path, daemonUid, gameGid);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) giveToDaemon(join(path, name));
}

/** A link to this target; now and then to another, or something else under its name. */
function place(path: string, target: string): void {
  const kind = random();
  if (kind < 0.86) symlinkSync(target, path);
  else if (kind < 0.93) symlinkSync(pick(wild), path);
  else if (kind < 0.95) symlinkSync(pick(odd), path);
  else if (kind < 0.96) writeFileSync(path, target);
  else if (kind < 0.97) mkdirSync(path);
  else if (kind < 0.98) spawnSync("mkfifo", [path]);
}

function attack(index: number): void {
  makeHostile();
  makeHostileStage();
  const ofStage = random() < 0.3;
  const args = ofStage
    ? [pick(["stage", "stage", "stage", "hand-over", "unstage"])]
    : random() < 0.7
      ? ["mount", "fuzz"]
      : hostileArguments();
  const before = fingerprint();
  const { status, stdout, stderr, signal } = spawnSync(helper, args, {
    timeout: 60_000,
    encoding: "latin1",
    env: { PATH: "/nowhere", BASH_ENV: "/root/secret/key", INVOCATION_ID: pick(["", "../x", "0".repeat(32)]), LD_PRELOAD: "" },
  });
  const complain = (what: string) =>
    violations.push(`case ${index}: ${what}: ${JSON.stringify(args).slice(0, 200)} ${stderr.slice(0, 200)}`);
  codes[String(status ?? signal)] = (codes[String(status ?? signal)] ?? 0) + 1;
  if (status === null || ![0, 1, 2, 3, 4, 5].includes(status)) complain(`ended with ${status ?? signal}`);
  if (`${stdout}${stderr}${failures()}`.includes(secret)) complain("quoted a secret");
  if (status !== 0 && stderr === "") complain("failed without a message");
  if (status !== 0 && mounts().length > 0) complain("failed and left a mount");
  const places = [`${root}/runtime/fuzz/merged`, `${root}/runtime/.stage/merged`];
  if (mounts().some((path) => !places.includes(path))) complain("mounted elsewhere");
  if (mounts().length > 0 && places.some((place) => ["secret", "key"].some((name) => existsSync(`${place}/${name}`))))
    complain("showed a secret");
  if (fingerprint() !== before) complain("changed something of root's");
  if (mounts().length > 0) spawnSync(helper, ["umount", "fuzz"]);
  spawnSync(helper, ["unstage"]);
  if (existsSync(`${root}/layers/.staged`)) complain("left what was handed over");
}

function hostileArguments(): string[] {
  const amount = Math.floor(random() * 4);
  return [pick(verbs), pick(names), pick(names), pick(names)].slice(0, amount).map((argument) => argument.replaceAll("\0", ""));
}

const mounts = () =>
  readFileSync("/proc/self/mountinfo", "latin1")
    .split("\n")
    .filter((line) => line.includes(" - overlay left4me "))
    .map((line) => line.split(" ")[4] ?? "");
const failures = () =>
  readdirSync("/run/left4me/failures")
    .map((name) => readFileSync(`/run/left4me/failures/${name}`, "latin1"))
    .join("");

/** What must stay as it is: names and times of root's files, and of the runtime of another instance. */
function fingerprint(): string {
  return [
    "/root",
    "/root/secret",
    "/root/secret/key",
    "/root/000",
    "/etc",
    "/usr/libexec/left4me",
    "/dev",
    "/run",
    "/var/lib",
    `${root}/instances/other`,
    `${root}/overlays`,
  ]
    .map((path) => `${path} ${lstatSync(path).mtimeMs} ${lstatSync(path).mode}`)
    .concat(readdirSync(`${root}/layers`).filter((name) => name !== ".staged"))
    .concat(readdirSync("/run/left4me").filter((name) => name !== "outbox")) // a stage's link
    .join("\n");
}

prepare();
for (let index = 0; index < count; index++) attack(index);
console.log(JSON.stringify({ codes, violations: violations.slice(0, 10), total: violations.length }));
