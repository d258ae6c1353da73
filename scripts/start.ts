/**
 * `npm start`: a working host in a minute, without root and without systemd.
 *
 * Starts the daemon with the embedded driver below ./.left4me, gives it the stand-in game and a demo instance when it has
 * none, says what to try next, and stays in the foreground. `-- --fake` serves the fake host instead, where no Linux
 * namespaces are to be had; `-- --listen http://127.0.0.1:PORT` listens on TCP too; `-- --port PORT` is the demo's UDP port.
 */
import { demoRoot, socketOf, startDaemonProcess } from "./demo/daemon-process.ts";
import { startOptions } from "./demo/start-options.ts";
import { printGoodbye, printWelcome } from "./demo/welcome.ts";
import { keepCompiledModules } from "./keep-compiled.ts";

keepCompiledModules();

const options = startOptions();

if (options.fake || process.platform !== "linux") {
  const { serveFakeHost } = await import("./demo/serve-fake-host.ts");
  await serveFakeHost({ asked: options.fake });
} else {
  const root = demoRoot();
  const [daemon, { prepareDemo }] = await Promise.all([startDaemonProcess(root, options.listen), import("./demo/prepare-demo.ts")]);
  const address = `unix:${socketOf(root)}`;
  try {
    const demo = await prepareDemo(address, options.port);
    printWelcome(address, daemon.isOurs, demo);
  } catch (error) {
    process.stderr.write(`the demo could not be prepared: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    daemon.end();
  }
  await daemon.ended;
  if (daemon.isOurs) await printGoodbye(root);
}
