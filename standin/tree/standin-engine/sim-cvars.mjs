/**
 * The modes of the stand-in with their defaults. README.md describes each. An empty value means "off" where 0 is
 * a meaningful number.
 * @type {Record<string, string>}
 */
export const SIM_CVARS = {
  sim_boot_delay: "0",
  sim_crash_after: "",
  sim_crash_on_quit: "0",
  sim_exit_after: "",
  sim_exit_before_boot: "",
  sim_exit_code: "0",
  sim_hang: "0",
  sim_hibernate: "1",
  sim_holder: "0",
  sim_ignore_sigint: "0",
  sim_log_bytes: "80",
  sim_log_rate: "0",
  sim_memory_mb: "0",
  sim_no_port: "0",
  sim_players: "0",
  sim_split_reverse: "0",
};

/**
 * Sets the modes that the environment asks for: LEFT4ME_SIM_BOOT_DELAY=3 is `sim_boot_delay 3` before any file
 * is executed.
 * @param {import("./cvars.mjs").Cvars} cvars
 */
export function setModesFromEnvironment(cvars) {
  for (const name of Object.keys(SIM_CVARS)) {
    const value = process.env[`LEFT4ME_${name.toUpperCase()}`];
    if (value !== undefined) cvars.set(name, value);
  }
}
