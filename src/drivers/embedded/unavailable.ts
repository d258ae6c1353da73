import { readFileSync, statfsSync } from "node:fs";
import { HostError } from "../../domain/host-error.ts";
import { isOnPath } from "../../exec/find-program.ts";
import type { EmbeddedSettings } from "./embedded-options.ts";
import { ownPath } from "./game-environment.ts";

/** Programs that a game's life needs, by Debian package. */
export const neededPrograms: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  flock: "util-linux",
  setpriv: "util-linux",
  mount: "mount",
  fallocate: "util-linux",
  rm: "coreutils",
  sh: "dash",
};

/** The f_type of overlayfs; linux/magic.h. */
const overlayfsMagic = 0x794c7630;

const fake = "or serve the labelled fake host: npm start -- --fake";

/** The error for a host on which games cannot run: what is wrong, and the exact cure. */
export function unavailable(problem: string, found: string, cure: string, cause?: unknown): HostError {
  const detail = cause instanceof Error ? ` [${cause.message.trim().slice(0, 600)}]` : "";
  return new HostError("DRIVER_UNAVAILABLE", `the embedded driver cannot run games here: ${found}. Cure: ${cure}${detail}`, {
    metadata: { driver: "embedded", problem, cure },
    cause,
  });
}

/** The error for the first program that PATH does not lead to. */
export function missingProgram(path = ownPath()): HostError | undefined {
  const missing = Object.keys(neededPrograms).find((program) => !isOnPath(program, path));
  if (missing === undefined) return undefined;
  return unavailable("program-missing", `${missing} is not on PATH (${path})`, `apt-get install ${neededPrograms[missing]}`);
}

/** Finds out why the trial failed; the first rule that fits names the cure. */
export function diagnose(settings: EmbeddedSettings, cause: unknown): HostError {
  const text = cause instanceof Error ? `${cause.message}\n${stderrOf(cause)}` : String(cause);
  const [problem, found, cure] = firstFit(settings, text) ?? ["unknown", "a trial game failed", `see the detail; ${fake}`];
  return unavailable(problem, found, cure, cause);
}

type Finding = readonly [problem: string, found: string, cure: string];

function firstFit(settings: EmbeddedSettings, text: string): Finding | undefined {
  const code = /\b(EACCES|EROFS|EPERM|ENOSPC|ENOENT)\b/.exec(text)?.[1];
  if (code !== undefined)
    return [
      "root-not-writable",
      `LEFT4ME_ROOT (${settings.root}) cannot be used (${code})`,
      "set LEFT4ME_ROOT to a directory that this user can write to",
    ];
  const denied = settings.asRoot ? rootFinding(text) : namespaceFinding(text);
  return denied ?? fileSystemFinding(settings, text);
}

/** Root needs CAP_SYS_ADMIN, which containers take away. */
function rootFinding(text: string): Finding | undefined {
  if (!/unshare failed|cannot (change|set) root filesystem propagation|mount.*(permission denied|must be superuser)/i.test(text))
    return undefined;
  return [
    "no-sys-admin",
    "root may not make mount namespaces (a container without CAP_SYS_ADMIN)",
    `docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined …, or --privileged; ${fake}`,
  ];
}

/** In the order in which one hides the other. */
function namespaceFinding(text: string): Finding | undefined {
  if (sysctl("kernel/unprivileged_userns_clone") === "0") {
    return [
      "userns-clone-disabled",
      "kernel.unprivileged_userns_clone is 0",
      `sysctl -w kernel.unprivileged_userns_clone=1 (as root; keep it in /etc/sysctl.d/); ${fake}`,
    ];
  }
  if (sysctl("user/max_user_namespaces") === "0") {
    return [
      "userns-limit",
      "user.max_user_namespaces is 0",
      `sysctl -w user.max_user_namespaces=15000 (as root; keep it in /etc/sysctl.d/); ${fake}`,
    ];
  }
  if (!/unshare|uid_map|setgroups|mount.*(permission denied|not permitted)/i.test(text)) return undefined;
  if (sysctl("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return [
      "apparmor",
      "kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu 24.04 and later)",
      `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (as root; keep it in /etc/sysctl.d/), or an AppArmor profile with "userns," for this node; ${fake}`,
    ];
  }
  if (/no space left/i.test(text))
    return ["userns-limit", "the limit of user namespaces is reached", "raise user.max_user_namespaces (sysctl, as root)"];
  return [
    "seccomp",
    `user namespaces are denied${isFiltered() ? " by a seccomp filter" : ""} (the default in containers)`,
    `docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …, or --privileged; ${fake}`,
  ];
}

function fileSystemFinding({ root }: EmbeddedSettings, text: string): Finding | undefined {
  if (isOnOverlayfs(root)) {
    return [
      "root-on-overlayfs",
      `LEFT4ME_ROOT (${root}) lies on overlayfs (a container's own layer), which cannot hold another overlay's upper`,
      `put it on a volume: docker run -v left4me:/var/lib/left4me -e LEFT4ME_ROOT=/var/lib/left4me …, or LEFT4ME_ROOT=<a directory on ext4, xfs, btrfs or tmpfs>`,
    ];
  }
  if (/mount/i.test(text)) {
    return [
      "filesystem",
      `the file system of LEFT4ME_ROOT (${root}) cannot hold an overlay's upper`,
      "LEFT4ME_ROOT=<a directory on ext4, xfs, btrfs or tmpfs>; Linux 5.11 or later",
    ];
  }
  return undefined;
}

/** Whether a directory lies on overlayfs. */
export function isOnOverlayfs(path: string): boolean {
  try {
    return statfsSync(path).type === overlayfsMagic;
  } catch {
    return false;
  }
}

function sysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, "utf8").trim();
  } catch {
    return undefined;
  }
}

function isFiltered(): boolean {
  try {
    return /^Seccomp:\s+2$/m.test(readFileSync("/proc/self/status", "utf8"));
  } catch {
    return false;
  }
}

function stderrOf(error: Error): string {
  return error instanceof HostError ? `${error.metadata["stderr"] ?? ""}\n${error.metadata["lines"] ?? ""}` : "";
}
