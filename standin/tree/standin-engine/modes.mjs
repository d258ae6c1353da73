import { print } from "./console.mjs";
import { crash } from "./crash.mjs";

/**
 * Makes writes to the sim_* cvars take effect. Those that are read where they matter (sim_hang, sim_players, …) need
 * nothing here. The seconds of sim_crash_after and sim_exit_after count from the end of the configuration, or
 * from the write when that is later.
 * @param {import("./game.mjs").Game} game
 * @returns {{ configurationHasRun: () => void }}
 */
export function watchModes({ cvars }) {
  cvars.watch("sim_exit_before_boot", exitBeforeBoot);
  cvars.watch("sim_log_rate", async () => (await import("./sim-log-lines.mjs")).setLogRate(cvars));
  cvars.watch("sim_memory_mb", async (value) => (await import("./sim-memory.mjs")).hold(Number(value)));
  cvars.watch("sim_holder", async (value) => {
    if (Number(value) !== 0) (await import("./sim-holder.mjs")).spawnHolder();
  });
  return {
    configurationHasRun() {
      const ends = { sim_crash_after: crash, sim_exit_after: () => exitWith(cvars.number("sim_exit_code")) };
      for (const [name, end] of Object.entries(ends)) {
        const arm = after(end);
        cvars.watch(name, arm);
        arm(cvars.text(name));
      }
    },
  };
}

/**
 * A timer that each write replaces, and that an empty or negative value only stops. Zero acts at once: with
 * sim_exit_after 0 the port is never bound.
 * @param {() => void} action
 * @returns {(seconds: string) => void}
 */
function after(action) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  return (text) => {
    clearTimeout(timer);
    const seconds = Number.parseFloat(text);
    if (seconds > 0) timer = setTimeout(action, seconds * 1000);
    else if (seconds === 0) action();
  };
}

/** @param {string} code */
function exitBeforeBoot(code) {
  if (code === "") return;
  print(`FATAL ERROR: the game ends before its boot with code ${code} (sim_exit_before_boot)`);
  process.exit(Number.parseInt(code, 10) || 0);
}

/** @param {number} code */
function exitWith(code) {
  print(`The game ends by itself with code ${code} (sim_exit_after)`);
  process.exit(code);
}
