/**
 * fuzz-overlay.ts SEED COUNT: calls left4me-overlay with hostile argument vectors, hostile mount orders below instances/, hostile
 * stage orders, and hostile orders for resets and archives over hostile files of a game.
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
const [daemonUid, gameUid, gameGid] = [id("/etc/passwd", "left4me"), id("/etc/passwd", "left4me-game"), id("/etc/group", "left4me-game")];
/** An instance whose mount order is sound: its game has written, and what it wrote is reset, archived, put back and removed. */
const kept = `${root}/instances/kept`;
const ids = ["20261129T101500Z-1a2b", "20261129T101501Z-1a2b"] as const;
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
  "restore",
  "drop",
  "list",
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

const archiveIds = [
  "20261129T101502Z-1a2b",
  `${ids[0]}.info`,
  `../other/${ids[0]}`,
  "../../../root",
  "/root",
  "..",
  ".",
  "",
  "20261129T101500Z-1a2B",
  `${ids[0]}\n`,
  "x".repeat(31),
  "x".repeat(300),
];
const globs = [
  "**",
  "**/*.db",
  "data/*",
  "*.db",
  "link",
  "link/*",
  "../**",
  "/etc/*",
  "a//b",
  "[",
  "\\",
  "*".repeat(400),
  "x".repeat(1025),
];
const counts = ["0", "1", "5", "1000", "1001", "-1", "", "x1", "1 ", "99999999"];

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
  mkdirSync(`${root}/runtime/.archives/other/${ids[0]}/upper`, { recursive: true });
  writeFileSync(`${root}/runtime/.archives/other/${ids[0]}.info`, "size 1\nbuild b\n");
  const order = `${kept}/mount/1`;
  mkdirSync(`${kept}/gen/1/layer/left4dead2/cfg`, { recursive: true });
  mkdirSync(`${order}/launch/.left4me`, { recursive: true });
  for (const [link, target] of [
    [`${order}/000`, "launch"],
    [`${order}/001`, `${kept}/gen/1/layer`],
    [`${order}/002`, `${root}/layers/base`],
    [`${kept}/current`, "mount/1"],
  ] as const)
    symlinkSync(target, link);
  giveToDaemon(kept);
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

/** Orders for a reset and for archives, and what a game wrote. */
function makeHostileWritten(): void {
  for (const name of ["reset", "restore", "drop"]) rmSync(join(kept, name), { recursive: true, force: true });
  if (random() < 0.05) symlinkSync(pick(wild), `${kept}/reset`);
  else if (random() < 0.9) {
    mkdirSync(`${kept}/reset`);
    for (let index = 0; index < random() * 4; index += 1)
      place(`${kept}/reset/${String(index).padStart(3, "0")}`, mostly(["**", "data/*.db"], globs));
    if (random() < 0.7) place(`${kept}/reset/archive`, mostly(ids, archiveIds));
    if (random() < 0.5) place(`${kept}/reset/build`, pick(["b-1", "../x", "a b", "x".repeat(300)]));
    if (random() < 0.5) place(`${kept}/reset/keep`, mostly(["1", "5"], counts));
  }
  for (const verb of ["restore", "drop"]) place(join(kept, verb), mostly(ids, archiveIds));
  giveToDaemon(kept);
  const upper = `${root}/runtime/kept/upper`;
  if (!existsSync(upper)) for (const verb of ["mount", "umount"]) spawnSync(helper, [verb, "kept"]);
  if (!existsSync(upper)) return void violations.push("a sound order is not mounted");
  rmSync(`${upper}/data`, { recursive: true, force: true });
  mkdirSync(`${upper}/data/${"d/".repeat(random() < 0.1 ? 70 : 2)}`, { recursive: true });
  writeFileSync(`${upper}/data/a.db`, "mine", { mode: random() < 0.1 ? 0 : 0o644 });
  for (const [name, target] of [
    ["b.db", "/root/secret/key"],
    ["link", "/root/secret"],
    ["c.db", "../../../other"],
  ] as const)
    symlinkSync(target, `${upper}/data/${name}`);
  spawnSync("mkfifo", [`${upper}/data/fifo.db`]);
  if (random() < 0.1) spawnSync("mknod", [`${upper}/data/gone.db`, "c", "0", "0"]);
  giveTo(`${upper}/data`, gameUid);
}

/** A sound value, or a hostile one. */
function mostly(good: readonly string[], bad: readonly string[]): string {
  return random() < 0.8 ? pick(good) : pick(bad) || "-";
}

/** Whether a file below a directory, and not one that a link leads to, holds the secret. */
function holdsSecret(directory: string): boolean {
  return spawnSync("grep", ["-rqs", "--devices=skip", secret, directory]).status === 0;
}

function giveToDaemon(path: string): void {
  giveTo(path, daemonUid);
}

function giveTo(path: string, uid: number): void {
  lchownSync(path, uid, gameGid);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), uid);
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
  const kind = random();
  if (kind < 0.25) makeHostileWritten();
  const args =
    kind < 0.25
      ? [pick(["wipe", "wipe", "restore", "drop", "list"]), "kept"]
      : kind < 0.5
        ? [pick(["stage", "stage", "stage", "hand-over", "unstage"])]
        : kind < 0.85
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
  for (const code of [String(status ?? signal), ...(kind < 0.25 ? [`${args[0]} ${status}`] : [])]) codes[code] = (codes[code] ?? 0) + 1;
  if (status === null || ![0, 1, 2, 3, 4, 5, 6].includes(status)) complain(`ended with ${status ?? signal}`);
  if (`${stdout}${stderr}${failures()}`.includes(secret)) complain("quoted a secret");
  if (status !== 0 && stderr === "") complain("failed without a message");
  if (status !== 0 && mounts().length > 0) complain("failed and left a mount");
  const places = [`${root}/runtime/fuzz/merged`, `${root}/runtime/.stage/merged`];
  if (mounts().some((path) => !places.includes(path))) complain("mounted elsewhere");
  if (mounts().length > 0 && places.some((place) => ["secret", "key"].some((name) => existsSync(`${place}/${name}`))))
    complain("showed a secret");
  if (fingerprint() !== before) complain("changed something of root's");
  if (kind < 0.25 && holdsSecret(`${root}/runtime`)) complain("copied a secret");
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
    `${root}/runtime/.archives/other`,
    `${root}/runtime/.archives/other/${ids[0]}`,
    `${root}/runtime/.archives/other/${ids[0]}/upper`,
  ]
    .map((path) => `${path} ${lstatSync(path).mtimeMs} ${lstatSync(path).mode}`)
    .concat(readdirSync(`${root}/layers`).filter((name) => name !== ".staged"))
    .concat(readdirSync("/run/left4me").filter((name) => name !== "outbox")) // a stage's link
    .join("\n");
}

prepare();
for (let index = 0; index < count; index++) {
  attack(index);
  if (index % 50 === 49) spawnSync("find", [`${root}/runtime/.trash`, "-mindepth", "1", "-delete"]);
}
console.log(JSON.stringify({ codes, violations: violations.slice(0, 10), total: violations.length }));
