import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Why this machine cannot run test hosts; undefined when it can. The value of `skip` of a suite. */
export function whyNoHosts(): string | undefined {
  if (process.platform !== "linux") return "test hosts need Linux";
  if (process.getuid?.() !== 0) return "test hosts need root";
  const missing = ["debootstrap", "systemd-nspawn", "ip", "mkfs.ext4", "perl", "cc"].filter((program) => !onPath(program));
  return missing.length === 0
    ? undefined
    : `test hosts need ${missing.join(", ")} (Debian: debootstrap systemd-container iproute2 e2fsprogs perl gcc libc6-dev)`;
}

/** Whether a program can be found by its name. */
export function onPath(program: string): boolean {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
