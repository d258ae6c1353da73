/** One option of the command line. */
export type DaemonOption = {
  /** What stands for its value; an option without one is a flag. */
  readonly value?: string;
  readonly short?: string;
  readonly repeatable?: true;
  /** The variable that is read when the option is not given. */
  readonly variable?: string;
  /** What holds when neither is given. */
  readonly default?: string;
  /** What it does, its unit and its range. */
  readonly help: string;
};

/**
 * The options of left4me-hostd: the command line is read by this table, and `--help` and the manual page are made from it.
 * `gameUid` is written `--game-uid`.
 */
export const daemonOptions = {
  root: {
    value: "DIR",
    variable: "LEFT4ME_ROOT",
    default: "/var/lib/left4me",
    help: "where everything is kept",
  },
  listen: {
    value: "ADDRESS",
    repeatable: true,
    help: "unix:/path or http://127.0.0.1:port; repeatable. A unix socket is always there: one that systemd passes, else hostd.sock in the root",
  },
  insecureTcp: {
    help: "let --listen http:// be with the systemd driver too: every game and every user of this host can then control all games",
  },
  driver: {
    value: "NAME",
    variable: "LEFT4ME_DRIVER",
    default: "auto",
    help: "how games run: auto, systemd or embedded. auto is systemd where it is PID 1 and the units of left4me-host are installed, else embedded",
  },
  transport: {
    value: "NAME",
    variable: "LEFT4ME_TRANSPORT",
    default: "auto",
    help: "how the systemd driver reaches PID 1: auto, dbus or sudo. auto is dbus, else sudo where that can work",
  },
  gameUid: {
    value: "UID",
    variable: "LEFT4ME_GAME_UID",
    help: "as whom games of the embedded driver run when the daemon runs as root; not 0",
  },
  gameGid: {
    value: "GID",
    variable: "LEFT4ME_GAME_GID",
    help: "their group; not 0",
  },
  keepBuilds: {
    value: "N",
    variable: "LEFT4ME_KEEP_BUILDS",
    default: "3",
    help: "so many of the newest builds stay behind an installation, besides those in use: 0 to 1000; 0 keeps all",
  },
  keepArchives: {
    value: "N",
    variable: "LEFT4ME_KEEP_ARCHIVES",
    default: "5",
    help: "so many archives of each instance are kept: 1 to 1000",
  },
  logFormat: { value: "FORMAT", default: "text", help: "how the daemon's own log is written, on standard error: text or json" },
  logLevel: { value: "LEVEL", default: "info", help: "the least severe entries of that log: debug, info, warn or error" },
  version: { short: "V", help: "print the version" },
  help: { short: "h", help: "print this text" },
} as const satisfies Readonly<Record<string, DaemonOption>>;

/** A key of {@link daemonOptions}. */
export type DaemonOptionKey = keyof typeof daemonOptions;

/** `gameUid` is written `--game-uid`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (upper) => `-${upper.toLowerCase()}`)}`;
}

/** The option and its variable, for messages: `--game-uid (LEFT4ME_GAME_UID)`. */
export function optionLabel(key: DaemonOptionKey): string {
  const { variable }: DaemonOption = daemonOptions[key];
  return variable === undefined ? flagOf(key) : `${flagOf(key)} (${variable})`;
}
