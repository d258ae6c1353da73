import { optionLabel } from "./daemon-options.ts";
import { StartupError } from "./startup-error.ts";

/** What `Config` says of drivers. */
type DriverChoice = {
  readonly driver: "auto" | "systemd" | "embedded";
  readonly transport: string;
  readonly gameUid?: number | undefined;
  readonly gameGid?: number | undefined;
};

/** What only the other driver heeds: whoever asks for it would be mistaken about how games run. */
const unusedBy = {
  systemd: [
    { option: optionLabel("gameUid"), isAsked: (config: DriverChoice) => config.gameUid !== undefined },
    { option: optionLabel("gameGid"), isAsked: (config: DriverChoice) => config.gameGid !== undefined },
  ],
  embedded: [{ option: optionLabel("transport"), isAsked: (config: DriverChoice) => config.transport !== "auto" }],
} as const;

const reasons = {
  systemd: "its units run games as left4me-game",
  embedded: "it has nothing to do with PID 1",
} as const;

/**
 * Refuses options that a driver would ignore.
 *
 * @param driver the one that runs games, be it asked for or found by `auto`
 * @throws StartupError with exit code 2 that names each of them and the driver
 */
export function refuseUnusedOptions(config: DriverChoice, driver: "systemd" | "embedded"): void {
  const unused = unusedBy[driver].filter(({ isAsked }) => isAsked(config));
  if (unused.length === 0) return;
  const asked = config.driver === "auto" ? `--driver auto, which is ${driver} here` : `--driver ${driver} (LEFT4ME_DRIVER)`;
  throw new StartupError(unused.map(({ option }) => `${option} cannot be used with ${asked}: ${reasons[driver]}`).join("\n"), 2);
}
