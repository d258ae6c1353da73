import { HostError } from "../domain/host-error.ts";
import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-log.ts";
import { type Config, parseCommand } from "./config.ts";
import type { Daemon } from "./daemon.ts";
import { daemonVersion } from "./daemon-version.ts";
import { helpText } from "./help-text.ts";
import { socketVariables } from "./inherited-sockets.ts";
import { logWriter } from "./log-writer.ts";
import { notifyServiceManager } from "./service-manager.ts";
import { StartupError } from "./startup-error.ts";

/** Five seconds are promised from the signal to the exit. */
const exitLimitMs = 4900;

/** Opens the host that a configuration describes. */
export type HostFor = (config: Config, log: HostLog) => Promise<HostApi>;

/** Does what the command line asks for. Ends the process when it cannot, and when a signal tells the daemon to end. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv, hostFor: HostFor): Promise<void> {
  // A reader of the log that goes away must not take the daemon with it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    const command = parseCommand(args, env);
    for (const name of socketVariables) delete process.env[name];
    if ("print" in command) process.stdout.write(command.print === "help" ? helpText() : `${daemonVersion}\n`);
    else await run(command.run, hostFor);
  } catch (error) {
    process.stderr.write(`left4me-hostd: ${describe(error)}\n`);
    process.exit(error instanceof StartupError ? error.exitCode : 1);
  }
}

async function run(config: Config, hostFor: HostFor): Promise<void> {
  const log = logWriter({ format: config.logFormat, level: config.logLevel, write: (line) => process.stderr.write(line) });
  // Not before it is needed: --help and --version answer at once.
  const { startDaemon } = await import("./daemon.ts");
  const daemon = await startDaemon({ root: config.root, listen: config.listen, log, openHost: () => hostFor(config, log) });
  endOnSignals(daemon, log);
  process.stdout.write(`left4me-hostd ${daemonVersion} listening on ${daemon.addresses.join(" ")}\n`);
  await daemon.opened;
  await notifyServiceManager("ready", log);
}

function endOnSignals(daemon: Daemon, log: HostLog): void {
  let asked = false;
  const end = async () => {
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(0), exitLimitMs).unref();
    void notifyServiceManager("stopping", log);
    await daemon.close();
    process.exit(0);
  };
  process.on("SIGTERM", end).on("SIGINT", end);
}

/** What callers would be told is told here too; a defect shows where it happened. */
function describe(error: unknown): string {
  if (error instanceof StartupError || error instanceof HostError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
