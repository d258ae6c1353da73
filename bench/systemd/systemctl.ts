import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs systemctl and returns what it printed. @throws Error with its stderr */
export async function systemctl(...args: readonly string[]): Promise<string> {
  return (await execute("systemctl", ["--no-ask-password", ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout;
}
