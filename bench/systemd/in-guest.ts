/** `in-guest.ts MEASUREMENT RUNS`: the part of a bench that runs within the test host, as root. Prints its figures as JSON. */
import { measureFollowers } from "./followers.ts";
import { measureLogs } from "./logs.ts";
import { measureReset } from "./reset.ts";
import { measureStall } from "./stall.ts";
import { measureStart } from "./start.ts";
import { measureStartLarge } from "./start-large.ts";
import { measureStartMany } from "./start-many.ts";
import { measureStatus } from "./status.ts";
import { measureWatch } from "./watch.ts";

const measurements: Readonly<Record<string, (runs: number) => Promise<object>>> = {
  followers: measureFollowers,
  logs: measureLogs,
  reset: measureReset,
  stall: measureStall,
  start: measureStart,
  "start-100": measureStartMany,
  "start-large": measureStartLarge,
  status: measureStatus,
  watch: measureWatch,
};

const [name = "", runs = ""] = process.argv.slice(2);
const measure = measurements[name];
if (measure === undefined) throw new RangeError(`in-guest.ts MEASUREMENT RUNS; there is no measurement "${name}"`);
process.stdout.write(`${JSON.stringify(await measure(Number(runs)))}\n`, () => process.exit(0));
