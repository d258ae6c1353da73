import type { ErrorReason } from "../domain/host-error.ts";

/** What is told of one reason for which an installation fails. */
export type FailureRow = {
  /** How it shows: what SteamCMD prints, or what the installer finds. */
  readonly sign: string;
  /**
   * What failed. `{name}` stands for a value of the metadata, `{name_bytes}` for a number of bytes, which people read in MiB and GiB.
   * Of several texts the first one counts whose values are all there and not empty.
   */
  readonly causes: readonly string[];
  /** What to do. */
  readonly cure: string;
};

const login = "`Logging in user '…' to Steam Public...FAILED";
const notInstalled = "`ERROR! Failed to install app '222860'";
const state = "`Error! App '222860' state is";

/** Why an installation fails, by reason. docs/reference/steamcmd-failures.md shows the same table. */
export const failureTable = {
  STEAMCMD_NOT_FOUND: {
    sign: "no SteamCMD in any of the places",
    causes: ["there is no SteamCMD; it was looked for at {searched}"],
    cure:
      "Have the host download it (l4d2ctl install --bootstrap-steamcmd; InstallGame with bootstrap_steamcmd); or install Debian's package steamcmd, or unpack Valve's archive and set " +
      "LEFT4ME_STEAMCMD to the path of its steamcmd.sh.",
  },
  STEAMCMD_DOWNLOAD_FAILED: {
    sign: "the address does not answer, or with something else than the archive",
    causes: ["SteamCMD could not be had from {address}: {problem}"],
    cure:
      "Check that this host reaches the address (curl -I), then try again; or set LEFT4ME_STEAMCMD_ADDRESS to another one, or install Debian's " +
      "package steamcmd.",
  },
  STEAMCMD_FAILED: {
    sign: "any other end of SteamCMD, such as a crash, or a reason that is not known",
    causes: [
      'SteamCMD ended with exit code {exit_code}; the last that it said: "{last_line}"',
      "SteamCMD ended with exit code {exit_code} and said nothing",
      'SteamCMD was ended by {signal}; the last that it said: "{last_line}"',
      "SteamCMD was ended by {signal} and said nothing",
    ],
    cure: "Read the lines of the job, then try again.",
  },
  STEAMCMD_NOT_RUNNABLE: {
    sign: "SteamCMD cannot be executed; exit code 126 or 127",
    causes: ["SteamCMD ({path}) cannot be executed here: {problem}", "SteamCMD ({path}) cannot be executed here"],
    cure:
      "It is a 32-bit program for x86: install its libraries (Debian on amd64: apt-get install libc6-i386 lib32gcc-s1 lib32stdc++6), and look whether " +
      "LEFT4ME_STEAMCMD names the right file. On other processors it does not run: import a build instead (l4d2ctl install --import).",
  },
  STEAM_ACCOUNT_UNUSABLE: {
    sign: "the file with the account cannot be read or understood, or others can read it",
    causes: ["the file {path} with the Steam account cannot be used: {problem}"],
    cure: "Write the user into its first line and the password into the second, mode 0600; or empty it to install anonymously.",
  },
  STEAM_LOGIN_FAILED: {
    sign: `${login} (Invalid Password)\`, \`(Account Logon Denied)\`, \`(Two-factor code mismatch)\`, …, exit code 5; or a confirmation in the mobile app is asked for`,
    causes: ["Steam refused the login of {account}: {problem}"],
    cure:
      "Check user and password. An account with Steam Guard cannot be used here: take one without it, or install anonymously. It is not tried " +
      "again by itself, because Steam bans after a few wrong passwords.",
  },
  STEAM_RATE_LIMITED: {
    sign: `${login} (Rate Limit Exceeded)\`, exit code 5`,
    causes: ["Steam refuses further logins of {account} for a while"],
    cure: "Wait an hour before you try again; each try makes it longer.",
  },
  STEAM_NO_SUBSCRIPTION: {
    sign: `${notInstalled} (No subscription)\`, exit code 8`,
    causes: ["the account {account} may not download the game for {platform}"],
    cure: "Give the host a Steam account that owns Left 4 Dead 2.",
  },
  STEAM_INVALID_PLATFORM: {
    sign: `${notInstalled} (Invalid platform)\``,
    causes: ["Steam offers the game to the account {account} for no such platform as {platform}"],
    cure:
      "Try again. When it stays, Valve has changed what anonymous accounts may download: give the host a Steam account that owns Left 4 Dead 2, " +
      "or import a build that was downloaded elsewhere (l4d2ctl install --import).",
  },
  STEAM_MISSING_CONFIGURATION: {
    sign: `${notInstalled} (Missing configuration)\`, in every try`,
    causes: [
      "Steam did not tell how the game is to be installed for {platform}, in {tries} tries",
      "Steam did not tell how the game is to be installed, in {tries} tries",
    ],
    cure: "Try again in some minutes. It is typical behind an update of SteamCMD itself.",
  },
  STEAM_TIMED_OUT: {
    sign: "`ERROR! Timed out waiting for AppInfo update.`, exit code 1, in every try; or SteamCMD says nothing for half an hour",
    causes: [
      "SteamCMD said nothing for {silence_seconds} s while it installed for {platform} (try {tries}), and was ended",
      "SteamCMD said nothing for {silence_seconds} s before it installed anything (try {tries}), and was ended",
      "Steam did not answer in time for {platform}, in {tries} tries",
      "Steam did not answer in time, in {tries} tries",
    ],
    cure: "Check the network, and whether Steam is up (it rests on Tuesday evenings, American time); then try again.",
  },
  STEAM_NETWORK: {
    sign: `${state} 0x402\` or \`0x602 after update job.\`, exit code 8, or \`FAILED (No Connection)\`, or \`Fatal Error: Steamcmd needs to be online to update.\` with exit code 254, in every try`,
    causes: ["the network failed (state {state}), in {tries} tries", "Steam could not be reached, in {tries} tries"],
    cure:
      "Check that this host reaches Steam (TCP 443, TCP and UDP 27015 to 27050, outgoing), then try again. 0x602 may also mean that the disk " +
      "cannot be written.",
  },
  STEAM_DISK_WRITE: {
    sign: `${state} 0x606 after update job.\`, exit code 8, or \`(Disk write failure)\``,
    causes: ["SteamCMD could not write to the disk (state {state})", "SteamCMD could not write to the disk"],
    cure: "Look for errors of the file system (dmesg, df -h, df -i, quotas), then try again.",
  },
  STEAM_MISSING_FILES: {
    sign: `${state} 0x626 after update job.\`, exit code 8`,
    causes: ["files of the update were missing (state {state})", "files of the update were missing"],
    cure: "Try again with all files verified (l4d2ctl install --validate).",
  },
  STEAM_CORRUPT: {
    sign: `${state} 0x6A6 after update job.\`, exit code 8`,
    causes: ["files of the update were damaged (state {state})", "files of the update were damaged"],
    cure: "Try again with all files verified (l4d2ctl install --validate). When it stays, check the disk and the memory of this host.",
  },
  STEAM_STATE: {
    sign: `${state} 0x… after update job.\`, any other state`,
    causes: ["the update ended in the state {state}, which is not known"],
    cure: "Try again with all files verified (l4d2ctl install --validate); read the lines of the job.",
  },
  INSTALL_INCOMPLETE: {
    sign: "no `Success! App '222860' fully installed.`, no manifest of a complete installation, or no executable `srcds_linux`",
    causes: ["SteamCMD ended well, but a proof of the installation is missing: {missing}"],
    cure: "Try again with all files verified (l4d2ctl install --validate); read the lines of the job.",
  },
  INSTALL_INTERRUPTED: {
    sign: "the installer was ended, or the machine went down",
    causes: [
      "the installer was ended by {signal}",
      "the installer ended with exit code {exit_code} before it was done",
      "the installer was ended",
    ],
    cure: "Try again; what was there before is as it was.",
  },
  DISK_FULL: {
    sign: `too little is free before the beginning, or for what SteamCMD announces; ${state} 0x202\` or \`0x212 after update job.\`, exit code 8`,
    causes: [
      "too little is free at {path}: {needed_bytes} are needed, {free_bytes} are free, {missing_bytes} are missing",
      "the disk is full at {path}: {free_bytes} free",
    ],
    cure: "Remove builds or overlays that are not needed, or enlarge the file system; then try again.",
  },
  HELPER_FAILED: {
    sign: "a directory of the installer's own, or a program, cannot be used",
    causes: ["{problem}"],
    cure: "Repair what it names (owner, mode, path), then try again.",
  },
  INTERNAL: {
    sign: "a defect of the installer",
    causes: ["the installer failed: {problem}"],
    cure: "Try again, and report it with the lines of the job.",
  },
} as const satisfies Partial<Record<ErrorReason, FailureRow>>;

/** A reason for which an installation fails. */
export type FailureReason = keyof typeof failureTable;
