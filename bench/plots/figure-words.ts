/** What the promised figures of a bench are, in words; the empty name is the bench's own figure. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  daemon: { "": "time to listening", resident: "memory with 100 instances and 100 followers" },
  followers: {
    "": "a line to 500 followers, 99th percentile",
    quietBesideFlood: "a line of a quiet game beside a flood, median",
    quietBesideFloodP99: "a line of a quiet game beside a flood, 99th percentile",
  },
  logs: {
    "": "a line to its follower, median",
    p99: "a line to its follower, 99th percentile",
    rawOverOurs: "lines a second: journalctl's raw export over ours",
  },
  "read-log": { "": "a line of history, processor time" },
  reset: { "": "a reset of an idle instance, median" },
  stall: {
    "": "the most memory during the flood",
    live: "a line to the follower that reads, median",
    liveP99: "a line to the follower that reads, 99th percentile",
    unexplained: "lines neither delivered nor declared lost",
  },
  start: { "": "a start with full hardening, median" },
  "start-100": { "": "100 starts at once until all are ready", overSandboxAlone: "the same, over the sandbox without overlays" },
  "start-large": { "": "a start over 100 000 files and 10 GB, but the first after an activation, median" },
  "start-large-embedded": { "": "a start over 100 000 files and 10 GB, median" },
  status: { "": "ListInstances, median", get: "GetInstance, median" },
  watch: { "": "from a crash to the watcher, 99th percentile" },
};

/** A figure that there is for so many followers. */
const ofFollowers = /^ours(P50|P99|Resident)With(\d+)$/;

/** What a figure of a bench is, for people. @param figure its name within the bench; empty for the bench's own */
export function figureWords(bench: string, figure: string): string {
  const [, what, count = ""] = ofFollowers.exec(figure) ?? [];
  if (what === undefined) return words[bench]?.[figure] ?? figure;
  const followers = count === "1" ? "1 follower" : `${count} followers`;
  return what === "Resident" ? `memory with ${followers}` : `a line to ${followers}, ${what === "P50" ? "median" : "99th percentile"}`;
}
