import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type InstallOrder, installOrderSchema } from "../domain/installer-agreement.ts";
import { explainDiskFull } from "../host/files/disk-full.ts";
import { installGame } from "./install-game.ts";
import { asInstallationFailed, InstallationFailed } from "./installation-failed.ts";
import { type InstallerSettings, readSettings } from "./installer-settings.ts";
import { Outbox } from "./outbox.ts";
import { type Redact, redactor } from "./redact.ts";
import { readSteamAccount } from "./steam-account.ts";

/** What the program prints for --help. */
export const usage = "Usage: left4me-installer --order FILE --outbox DIR --game DIR";

type Places = { readonly order: string; readonly outbox: string; readonly game: string };

/**
 * Executes one order and tells all about it in the outbox.
 *
 * @returns the exit code: 0 for success, 1 for a failure that the outbox tells
 * @throws Error when the call itself cannot be used: nothing is told in the outbox then
 */
export async function runInstaller(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const places = readPlaces(args);
  const settings = readSettings(env);
  const order = readOrder(places.order);
  if (!statSync(places.game).isDirectory()) throw new Error(`--game ${places.game} is no directory`);
  const outbox = new Outbox(places.outbox, order.job);
  const interruption = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => interruption.abort(new InstallationFailed("INSTALL_INTERRUPTED", { signal })));
  try {
    await installGame({ settings, order, game: places.game, outbox, signal: interruption.signal });
    interruption.signal.throwIfAborted();
    outbox.end();
    return 0;
  } catch (error) {
    // Waiting that was interrupted ends with errors of many kinds.
    const reason: unknown = interruption.signal.aborted ? interruption.signal.reason : await explainDiskFull(error, places.game);
    const { failure } = asInstallationFailed(reason);
    outbox.end(redactedFailure(failure, redactorOf(settings)));
    return 1;
  }
}

/** Nothing of a failure should hold the password; this is the last place to make sure. */
function redactedFailure(failure: InstallationFailed["failure"], redact: Redact): InstallationFailed["failure"] {
  const metadata = Object.fromEntries(Object.entries(failure.metadata).map(([key, value]) => [key, redact(value)]));
  return { ...failure, cause: redact(failure.cause), stderr: redact(failure.stderr), metadata };
}

function redactorOf(settings: InstallerSettings): Redact {
  try {
    return redactor(readSteamAccount(settings).password);
  } catch {
    return redactor(undefined);
  }
}

function readPlaces(args: readonly string[]): Places {
  const { values } = parseArgs({
    args: [...args],
    options: { order: { type: "string" }, outbox: { type: "string" }, game: { type: "string" } },
    allowPositionals: false,
  });
  const { order, outbox, game } = values;
  if (order === undefined || outbox === undefined || game === undefined) throw new Error(usage);
  return { order: resolve(order), outbox: resolve(outbox), game: resolve(game) };
}

function readOrder(path: string): InstallOrder {
  return installOrderSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}
