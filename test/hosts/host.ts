import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";

/**
 * Real Debian hosts for tests, by the tool `testhost` beside this file. Every function rejects with what the tool said.
 */
const tool = join(import.meta.dirname, "testhost");

/** A directory of this machine that the host sees read-only. */
export type Bind = { readonly source: string; readonly target: string };

/** How a command in a host ended. */
export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Boots a host, or boots it again after {@link stop} and {@link kill}. Resolves when its system is up. */
export async function up(name: string, binds: readonly Bind[] = []): Promise<void> {
  await succeed(["up", name, ...binds.flatMap(({ source, target }) => ["--bind-ro", `${source}:${target}`])]);
}

/**
 * Runs a command as root in the host and tells how it ended, whatever its exit code.
 *
 * @param input text for its standard input
 */
export async function exec(name: string, command: readonly string[], input = ""): Promise<Outcome> {
  return runTool(["exec", name, "--", ...command], input);
}

/** Runs a shell script as root in the host and returns its standard output; rejects when it fails. */
export async function sh(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await exec(name, ["bash", "-euo", "pipefail", "-s"], script);
  if (code === 0) return stdout;
  throw new Error(`in ${name}, exit code ${code}:\n${script}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`);
}

/** The host's process 1, as this machine numbers it; `/proc/<pid>/root` is its root directory, sockets included. */
export async function leader(name: string): Promise<number> {
  const { code, stdout, stderr } = await runTool(["pid", name], "");
  if (code !== 0) throw new Error(`testhost pid ${name}: ${stderr || "it is not up"}`);
  return Number(stdout);
}

/** Powers the host off cleanly; its disk is kept. */
export async function stop(name: string): Promise<void> {
  await succeed(["stop", name]);
}

/** Cuts the power: what was not synced is lost; the disk is kept. */
export async function kill(name: string): Promise<void> {
  await succeed(["kill", name]);
}

/** Cuts the power and deletes the disk. A host that does not exist is down already. */
export async function down(name: string): Promise<void> {
  const { code, stderr } = await runTool(["down", name], "");
  if (code !== 0 && !stderr.includes("there is no host")) throw new Error(`testhost down ${name}: ${stderr}`);
}

async function succeed(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runTool(args, "");
  if (code !== 0) throw new Error(`testhost ${args.join(" ")} exited with ${code}: ${stderr}`);
}

function runTool(args: readonly string[], input: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 255, stdout, stderr });
    const child = execFile(tool, [...args], { maxBuffer: 64 * 1024 * 1024 }, settle);
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
