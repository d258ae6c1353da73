/** `npm stop`: ends every game of the demo host, and the daemon that this command had to start for it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { demoRoot, projectDirectory, shown, socketOf, startDaemonProcess } from "./demo/daemon-process.ts";

// For the daemon: with its modules compiled it starts twice as fast.
process.env["NODE_COMPILE_CACHE"] ??= join(projectDirectory, "node_modules/.cache/compiled");

const root = demoRoot();
if (!existsSync(root)) {
  process.stdout.write(`There is no host below ${shown(root)}.\n`);
} else {
  const [daemon, { stopAll }] = await Promise.all([startDaemonProcess(root), import("./demo/stop-all.ts")]);
  process.exitCode = await stopAll(`unix:${socketOf(root)}`);
  daemon.end();
  await daemon.ended;
}
