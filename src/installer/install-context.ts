import type { Steamcmd } from "./find-steamcmd.ts";
import type { InstallerSettings } from "./installer-settings.ts";
import type { Outbox } from "./outbox.ts";
import type { Redact } from "./redact.ts";
import type { SteamAccount } from "./steam-account.ts";

/** What all runs of SteamCMD of one job share. */
export type InstallContext = {
  readonly settings: InstallerSettings;
  readonly account: SteamAccount;
  readonly steamcmd: Steamcmd;
  readonly outbox: Outbox;
  /** Takes the password out. */
  readonly redact: Redact;
  /** Where the game is installed. */
  readonly game: string;
  /** Ends the job. */
  readonly signal: AbortSignal;
};
