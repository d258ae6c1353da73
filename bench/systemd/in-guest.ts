/** `in-guest.ts MEASUREMENT RUNS`: the part of a bench that runs within the test host, as root. Prints its figures as JSON. */
import { measureCrash } from "./crash.ts";
import { measureList } from "./list.ts";
import { measureReset } from "./reset.ts";
import { measureStart } from "./start.ts";
import { measureStartMany } from "./start-many.ts";

const measurements: Readonly<Record<string, (runs: number) => Promise<object>>> = {
  crash: measureCrash,
  list: measureList,
  reset: measureReset,
  start: measureStart,
  "start-100": measureStartMany,
};

const [name = "", runs = ""] = process.argv.slice(2);
const measure = measurements[name];
if (measure === undefined) throw new RangeError(`in-guest.ts MEASUREMENT RUNS; there is no measurement "${name}"`);
process.stdout.write(`${JSON.stringify(await measure(Number(runs)))}\n`, () => process.exit(0));
