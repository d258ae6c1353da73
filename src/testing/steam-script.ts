import type { FailureReason } from "../installer/failure-table.ts";

/** What the SteamCMD of a fake host does in installations that begin from now on. Times are in milliseconds. */
export type SteamScript = {
  /** The build that Steam has; another one is an update. Digits. Default: "14130416". */
  readonly buildId: string;
  /** How much it says to download, in bytes. Nothing is downloaded. Default: 9000000000. */
  readonly totalBytes: number;
  /** How long the phases PREPARING, DOWNLOADING and VERIFYING take. Default: 100, 300 and 100. */
  readonly prepareMs: number;
  readonly downloadMs: number;
  readonly verifyMs: number;
  /** What it prints besides its own lines, before it downloads; at most 4000 characters each. Default: nothing. */
  readonly lines: readonly string[];
  /** Files of the build besides the least that a host accepts, by path below the game directory. Default: none. */
  readonly files: Readonly<Record<string, string>>;
  /** How the installation fails. Default: undefined, it succeeds. */
  readonly failure: SteamFailure | undefined;
};

/** A failure of an installation, as the installer of a real host tells it: cause and cure are those of its table. */
export type SteamFailure = {
  /** One of docs/reference/steamcmd-failures.md, e.g. `STEAM_RATE_LIMITED`. */
  readonly reason: FailureReason;
  /** What the cause's text tells of, e.g. `{ account: "anonymous" }`. Default: nothing. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default: unknown. */
  readonly exitCode?: number;
  /** The end of what SteamCMD wrote to its standard error; at most 4096 bytes. Default: nothing. */
  readonly stderr?: string;
  /** The phase at whose end it fails. Default: PREPARING. */
  readonly phase?: "PREPARING" | "DOWNLOADING" | "VERIFYING";
};

/** The SteamCMD of a host that was told nothing. */
export const defaultSteam: SteamScript = {
  buildId: "14130416",
  totalBytes: 9_000_000_000,
  prepareMs: 100,
  downloadMs: 300,
  verifyMs: 100,
  lines: [],
  files: {},
  failure: undefined,
};
