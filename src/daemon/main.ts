#!/usr/bin/env node
import { HostError } from "../domain/host-error.ts";
import { type Config, parseCommand } from "./config.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { daemonVersion } from "./daemon-version.ts";
import { helpText } from "./help-text.ts";
import { hostFor } from "./host-for.ts";
import { logWriter } from "./log-writer.ts";
import { StartupError } from "./startup-error.ts";

/** Five seconds are promised from the signal to the exit. */
const exitLimitMs = 4900;

try {
  const command = parseCommand(process.argv.slice(2), process.env);
  if ("print" in command) process.stdout.write(command.print === "help" ? helpText : `${daemonVersion}\n`);
  else await run(command.run);
} catch (error) {
  process.stderr.write(`left4me-hostd: ${describe(error)}\n`);
  process.exit(error instanceof StartupError ? error.exitCode : 1);
}

async function run(config: Config): Promise<void> {
  // A reader of the log that goes away must not take the daemon with it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const log = logWriter({ format: config.logFormat, level: config.logLevel, write: (line) => process.stderr.write(line) });
  const daemon = await startDaemon({ root: config.root, listen: config.listen, log, openHost: () => hostFor(config, log) });
  endOnSignals(daemon);
  process.stdout.write(`left4me-hostd ${daemonVersion} listening on ${daemon.addresses.join(" ")}\n`);
}

function endOnSignals(daemon: Daemon): void {
  let asked = false;
  const end = async () => {
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(0), exitLimitMs).unref();
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
