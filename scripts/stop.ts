/** `npm stop`: ends every game of the demo host, and the daemon that this command had to start for it. */
import { existsSync } from "node:fs";
import { demoRoot, shown, socketOf, startDaemonProcess } from "./demo/daemon-process.ts";
import { howToEnd } from "./demo/welcome.ts";
import { keepCompiledModules } from "./keep-compiled.ts";

keepCompiledModules();

const root = demoRoot();
if (!existsSync(root)) {
  process.stdout.write(`There is no host below ${shown(root)}.\n`);
} else {
  const [daemon, { stopAll }] = await Promise.all([startDaemonProcess(root), import("./demo/stop-all.ts")]);
  process.exitCode = await stopAll(`unix:${socketOf(root)}`);
  if (!daemon.isOurs) process.stdout.write(`The host goes on. ${howToEnd(root)}\n`);
  daemon.end();
  await daemon.ended;
}
