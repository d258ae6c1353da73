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
  const ctl = (...args: string[]) =>
    spawnSync(process.execPath, [join(projectDirectory, "src/cli/main.ts"), "--address", `unix:${socketOf(root)}`, ...args], {
      encoding: "utf8",
    });
  const instances = JSON.parse(ctl("list", "--json").stdout) as { name: string }[];
  if (instances.length > 0) process.stdout.write(ctl("stop", ...instances.map(({ name }) => name)).stdout);
  daemon.end();
  await daemon.ended;
}
