/** `npm stop`: ends every game of the demo host, and the daemon that this command had to start for it. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { demoRoot, projectDirectory, shown, socketOf, startDaemonProcess } from "./demo/daemon-process.ts";

const root = demoRoot();
if (!existsSync(root)) {
  process.stdout.write(`There is no host below ${shown(root)}.\n`);
} else {
  const daemon = await startDaemonProcess(root);
  const instances = JSON.parse(ctl("list", "--json")) as { name: string }[];
  if (instances.length > 0) process.stdout.write(ctl("stop", ...instances.map(({ name }) => name)));
  daemon.end();
  await daemon.ended;
}

/** Runs the command-line client; its errors are shown, and become ours. @returns its standard output */
function ctl(...args: string[]): string {
  const command = [join(projectDirectory, "src/cli/main.ts"), "--address", `unix:${socketOf(root)}`, ...args];
  const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) process.exitCode = status ?? 1;
  return stdout === "" ? "[]" : stdout;
}
