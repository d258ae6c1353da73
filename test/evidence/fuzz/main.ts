import type { Evidence, EvidenceResult } from "../evidence.ts";
import { keepCorpus, keptCorpus } from "./corpus.ts";
import type { FuzzReport } from "./fuzz-report.ts";
import { fuzzTargetInWorker } from "./fuzz-target-in-worker.ts";
import { fuzzShares, targetModule } from "./targets.ts";

const targetsAtOnce = 2;
/** Set, what is found takes the place of the corpora in the repository. */
const keeps = process.env["LEFT4ME_FUZZ_KEEP"] !== undefined;

/** Everything that reads a stranger's bytes, searched for inputs that it cannot bear; a round is an input. */
export const fuzz: Evidence = {
  title: "hostile inputs for everything that reads a stranger's bytes",
  rounds: { short: 2000, long: 1_000_000 },
  run: async ({ seed, rounds, log }) => {
    const all = Object.values(fuzzShares).reduce((sum, share) => sum + share, 0);
    const reports: Record<string, FuzzReport> = {};
    const waiting = Object.entries(fuzzShares);
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [name, share] = next;
        const own = Math.ceil((rounds * share) / all);
        const report = await fuzzTargetInWorker(targetModule(name), { corpus: keptCorpus(name), seed, rounds: own, minimise: keeps });
        if (keeps) await keepCorpus(name, report.corpus);
        reports[name] = report;
        log(
          `${name}: ${report.inputs} inputs, ${report.taken} taken, ${report.corpus.length} in the corpus, ${report.faults.length} faults`,
        );
      }
    };
    await Promise.all(Array.from({ length: targetsAtOnce }, work));
    return judged(reports);
  },
};

function judged(reports: Readonly<Record<string, FuzzReport>>): EvidenceResult {
  const problems = Object.entries(reports).flatMap(([name, { faults, taken, blind }]) => [
    ...faults.map(({ kind, text, input }) => `${name}: ${kind}: ${text} [input ${input.slice(0, 4000)}]`),
    ...blind.map((part) => `${name}: no module whose path has ${part}: the search is not guided by it`),
    ...(taken === 0 ? [`${name}: no input was ever taken: the target tests nothing but refusals`] : []),
  ]);
  const kinds = Object.values(reports).flatMap(({ faults }) => faults.map(({ kind }) => kind));
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  const figures = {
    inputs: Object.values(reports).reduce((sum, { inputs }) => sum + inputs, 0),
    ...{ crashes: count("crash"), wrong: count("wrong"), hangs: count("hang"), escapes: count("escape"), outOfMemory: count("memory") },
    targets: Object.fromEntries(
      Object.entries(reports).map(([name, { corpus, faults, reached, blind: _, ...rest }]) => [
        name,
        { ...rest, corpus: corpus.length, reachedPercent: Math.round(reached * 1000) / 10, faults: faults.length },
      ]),
    ),
  };
  return { problems, figures };
}
