import { readFileSync } from "node:fs";

let known: string | undefined;

/** The id of this boot of the kernel; proc(5). Process identities of another boot mean nothing. */
export function bootId(): string {
  known ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return known;
}
