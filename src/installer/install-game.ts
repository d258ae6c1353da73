import { accessSync, constants, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { InstallOrder } from "../domain/installer-agreement.ts";
import { explainDiskFull } from "../host/files/disk-full.ts";
import { findSteamcmd, type Steamcmd, searchedPlaces } from "./find-steamcmd.ts";
import { neededBytes, requireSpace } from "./free-space.ts";
import type { InstallContext } from "./install-context.ts";
import { InstallationFailed } from "./installation-failed.ts";
import type { InstallerSettings } from "./installer-settings.ts";
import type { Outbox } from "./outbox.ts";
import { placeSteamClient } from "./place-steam-client.ts";
import { hasManifest, proveInstallation } from "./prove-installation.ts";
import { redactor } from "./redact.ts";
import { removeScripts } from "./run-script.ts";
import { runUntilDone } from "./run-until-done.ts";
import { readSteamAccount } from "./steam-account.ts";
import { writeListing } from "./write-listing.ts";

/** What one job needs. */
export type InstallJobOptions = {
  readonly settings: InstallerSettings;
  readonly order: InstallOrder;
  /** Where the game is installed; it may hold an older one. */
  readonly game: string;
  readonly outbox: Outbox;
  readonly signal: AbortSignal;
};

/**
 * Installs or updates the game in `game`, and lists what is there then.
 *
 * Since November 2024 Steam gives the Linux version to anonymous accounts only over the Windows version: both are installed, one after
 * the other, into the same directory. SteamCMD is run once before, so that it updates itself without an installation to spoil.
 * @throws InstallationFailed; HostError DISK_FULL, HELPER_FAILED; the signal's reason
 */
export async function installGame({ settings, order, game, outbox, signal }: InstallJobOptions): Promise<void> {
  outbox.progress({ phase: "PREPARING" });
  prepareHome(settings.home);
  const isFirst = !hasManifest(game);
  requireSpace(game, neededBytes(isFirst, settings.minFreeBytes));
  const account = readSteamAccount(settings);
  const steamcmd = await haveSteamcmd(settings, order, outbox, signal);
  const context: InstallContext = { settings, account, steamcmd, outbox, redact: redactor(account.password), game, signal };
  outbox.note(`${steamcmd.file} ${isFirst ? "installs" : "updates"} the game as ${account.name}`);
  await runUntilDone(context, undefined);
  const validate = isFirst || order.validate;
  await runUntilDone(context, { platform: "windows", game, validate });
  await runUntilDone(context, { platform: "linux", game, validate });
  proveInstallation(game);
  placeSteamClient(steamcmd, settings.home, game);
  for (const leftover of ["downloading", "temp"]) rmSync(join(game, "steamapps", leftover), { recursive: true, force: true });
  try {
    writeListing(game, outbox.createListing());
  } catch (error) {
    throw await explainDiskFull(error, outbox.directory);
  }
}

function prepareHome(home: string): void {
  try {
    // Not its parents: they are for whoever set the place up.
    if (!existsSync(home)) mkdirSync(home, { mode: 0o700 });
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = `the installer cannot write to its home directory ${home}: ${error instanceof Error ? error.message : String(error)}`;
    throw new InstallationFailed("HELPER_FAILED", { problem });
  }
  removeScripts(home);
}

async function haveSteamcmd(settings: InstallerSettings, order: InstallOrder, outbox: Outbox, signal: AbortSignal): Promise<Steamcmd> {
  const there = findSteamcmd(settings);
  if (there !== undefined) return there;
  // One that was asked for by name is not replaced by another.
  if (order.bootstrap && settings.steamcmd === undefined) {
    outbox.note(`downloads SteamCMD from ${new URL(settings.address).host}`);
    const { bootstrapSteamcmd } = await import("./bootstrap-steamcmd.ts"); // rarely needed, and a third of what is loaded
    await bootstrapSteamcmd(settings, signal);
  }
  const found = findSteamcmd(settings);
  if (found !== undefined) return found;
  throw new InstallationFailed("STEAMCMD_NOT_FOUND", { searched: searchedPlaces(settings).join(", ") });
}
