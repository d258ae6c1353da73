import { writeBytes } from "./console.mjs";
import { padTo, writeLines } from "./sim-log-lines.mjs";

/**
 * The verbs that shape the console's output. They write to it even when an RCON client asks for them.
 * @type {Record<string, import("./interpreter.mjs").Command>}
 */
export const commands = {
  sim_flood({ args: [lines = "", bytes = ""] }) {
    const total = Number.parseInt(lines, 10) || 0;
    writeLines(total, (n) => padTo(`sim_flood ${n}/${total} `, Number.parseInt(bytes, 10) || 0));
  },
  sim_raw({ args }) {
    writeBytes(Buffer.from(args.join(""), "hex"));
  },
  sim_sleep({ args: [seconds = ""] }) {
    return new Promise((resolve) => setTimeout(resolve, (Number.parseFloat(seconds) || 0) * 1000));
  },
};
