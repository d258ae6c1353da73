import { join } from "node:path";
import { z } from "zod";

const milliseconds = (standard: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(standard);

const settingsSchema = z.object({
  /** The installer's own home directory, absolute; SteamCMD keeps what it needs in it. */
  HOME: z.string().startsWith("/", "HOME must be an absolute path"),
  /** Where SteamCMD is. Default: it is looked for. */
  LEFT4ME_STEAMCMD: z.string().optional(),
  /** Where it is downloaded from; Valve documents this address. */
  LEFT4ME_STEAMCMD_ADDRESS: z
    .url({ protocol: /^https?$/, error: "needs an http or https address" })
    // It is told to everybody who looks at a job.
    .refine((address) => !/^[^/]*\/\/[^/]*@/.test(address), "must hold no user and password")
    .default("https://steamcdn-a.akamaihd.net/client/installer/steamcmd_linux.tar.gz"),
  /** A file with the Steam account. Default: `steam-account` among the unit's credentials. */
  LEFT4ME_STEAM_ACCOUNT_FILE: z.string().optional(),
  CREDENTIALS_DIRECTORY: z.string().optional(),
  /** Bytes that must be free. Default: 12 GB for an installation from nothing, 1 GB for an update. */
  LEFT4ME_INSTALL_MIN_FREE: z.coerce.number().int().min(0).optional(),
  /** After so long without a word of it SteamCMD is ended. Default: half an hour. */
  LEFT4ME_INSTALL_SILENCE_MS: milliseconds(30 * 60_000),
  /** The first pause before another try; later ones are longer. Default: 5 seconds. */
  LEFT4ME_INSTALL_RETRY_MS: milliseconds(5_000),
  /** So long the download of SteamCMD may take. Default: five minutes. */
  LEFT4ME_INSTALL_DOWNLOAD_MS: milliseconds(5 * 60_000),
  PATH: z.string().default("/usr/local/bin:/usr/bin:/bin:/usr/games"),
});

/** How the installer runs. */
export type InstallerSettings = {
  readonly home: string;
  readonly steamcmd: string | undefined;
  readonly address: string;
  readonly accountFile: string | undefined;
  readonly credentials: string | undefined;
  readonly minFreeBytes: number | undefined;
  readonly silenceMs: number;
  readonly retryMs: number;
  readonly downloadMs: number;
  readonly path: string;
  /** The whole environment of SteamCMD: nothing of ours that it need not know. */
  readonly childEnvironment: Readonly<Record<string, string>>;
};

/** Reads the settings. @throws Error that names what cannot be used */
export function readSettings(env: Readonly<Record<string, string | undefined>>): InstallerSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  const { data } = parsed;
  const credentials = data.CREDENTIALS_DIRECTORY;
  return {
    home: data.HOME,
    steamcmd: data.LEFT4ME_STEAMCMD,
    address: data.LEFT4ME_STEAMCMD_ADDRESS,
    accountFile: data.LEFT4ME_STEAM_ACCOUNT_FILE ?? (credentials === undefined ? undefined : join(credentials, "steam-account")),
    credentials,
    minFreeBytes: data.LEFT4ME_INSTALL_MIN_FREE,
    silenceMs: data.LEFT4ME_INSTALL_SILENCE_MS,
    retryMs: data.LEFT4ME_INSTALL_RETRY_MS,
    downloadMs: data.LEFT4ME_INSTALL_DOWNLOAD_MS,
    path: data.PATH,
    childEnvironment: childEnvironment(data.HOME, data.PATH, given),
  };
}

/** LEFT4ME_SIM_* steer the stand-in of the tests. */
function childEnvironment(home: string, path: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const passed = Object.entries(env).filter(([name]) => name.startsWith("LEFT4ME_SIM_") || ["USER", "LOGNAME", "TZ"].includes(name));
  return {
    ...Object.fromEntries(passed.map(([name, value]) => [name, value ?? ""])),
    HOME: home,
    PATH: path,
    // Some locales print `0,00`, and all but UTF-8 break names.
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
  };
}
