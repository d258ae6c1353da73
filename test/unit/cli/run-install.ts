import { type InstallAnswers, type InstallCall, scriptedInstall } from "../client/scripted-install.ts";
import { type RunOptions, run } from "./fake-terminal.ts";

/** The progress of a job in the middle of a download. */
export const half = {
  percent: 51.9,
  doneBytes: 1073741824n,
  totalBytes: 2147483648n,
  bytesPerSecond: 12582912n,
  remaining: { seconds: 90n, nanos: 0 },
};

/** What one `l4d2ctl install` prints against a script of its own. */
export async function runInstall(args: string, calls: readonly InstallCall[], options: RunOptions = {}, answers: InstallAnswers = {}) {
  await using script = await scriptedInstall(calls, answers);
  const result = await run(["install", ...args.split(" ").filter((word) => word !== ""), "--address", script.address], options);
  // The time of the day and the address are another in every run.
  const err = result.err.replaceAll(/\d\d:\d\d:\d\d/g, "TIME").replaceAll(script.address, "ADDRESS");
  const out = result.out.replaceAll(script.address, "ADDRESS");
  return { ...result, out, err, requests: script.requests, counts: script.counts, cancelled: script.cancelled };
}
