import { readFileSync } from "node:fs";

/**
 * The verbs that tell what this process was given: arguments, environment, identity.
 * @param {import("./game.mjs").Game} game
 * @returns {{ commands: Record<string, import("./interpreter.mjs").Command> }}
 */
export function processVerbs(game) {
  return {
    commands: {
      sim_argv: ({ print }) => print(`sim_argv: ${JSON.stringify(game.argv)}`),
      // Names only: a log is no place for the values.
      sim_env: ({ print }) => print(`sim_env: ${JSON.stringify(Object.keys(process.env).sort())}`),
      sim_id: ({ print }) => print(`sim_id: ${JSON.stringify(identity())}`),
    },
  };
}

function identity() {
  return {
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    groups: process.getgroups?.(),
    capEff: statusField("CapEff"),
    noNewPrivs: statusField("NoNewPrivs") === "1",
    pid: process.pid,
    cwd: process.cwd(),
  };
}

/**
 * @param {string} name a field of /proc/self/status
 * @returns {string | null} null where it cannot be read
 */
function statusField(name) {
  try {
    return new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}
