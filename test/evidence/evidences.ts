import type { Evidence } from "./evidence.ts";
import { fuzz } from "./fuzz/main.ts";
import { hostSuite } from "./host-suite.ts";
import { installCut } from "./install-cut/main.ts";
import { killDaemon, killDaemonSystemd } from "./kill-daemon/main.ts";
import { leaks, leaksEmbedded } from "./leaks/main.ts";
import { loss, lossEmbedded } from "./loss/main.ts";
import { powerCut } from "./power-cut/main.ts";
import { reboot } from "./reboot/main.ts";
import { soak } from "./soak/main.ts";
import { state, stateEmbedded } from "./state/main.ts";
import { testFiles } from "./test-files.ts";
import { update } from "./update/main.ts";

/** The longer proofs, by the names that `npm run evidence` takes. */
export const evidences: Readonly<Record<string, Evidence>> = {
  "kill-daemon": killDaemon,
  "kill-daemon-systemd": killDaemonSystemd,
  "power-cut": powerCut,
  reboot,
  update,
  "install-cut": installCut,
  fuzz,
  loss,
  "loss-embedded": lossEmbedded,
  state,
  "state-embedded": stateEmbedded,
  leaks,
  "leaks-embedded": leaksEmbedded,
  soak,
  "kill-start": hostSuite(
    "kills of every process of a unit during a start",
    "kill.test.ts",
    { short: 10, long: 50 },
    ({ rounds, seed }) => ({
      LEFT4ME_KILL_ROUNDS: String(rounds),
      LEFT4ME_KILL_SEED: String(seed),
    }),
  ),
  "kill-start-daemon": hostSuite(
    "kills during a start by the daemon",
    "kill-by-daemon.test.ts",
    { short: 10, long: 50 },
    ({ rounds, seed }) => ({
      LEFT4ME_KILL_ROUNDS: String(rounds),
      LEFT4ME_KILL_SEED: String(seed),
    }),
  ),
  archives: hostSuite(
    "kills of the helper and of the daemon, and power cuts, during resets and restores of archives",
    "archives.test.ts",
    { short: 4, long: 30 },
    ({ rounds, seed }) => ({
      LEFT4ME_KILL_ROUNDS: String(rounds),
      LEFT4ME_KILL_SEED: String(seed),
      LEFT4ME_POWER_CUTS: String(Math.ceil(rounds / 2)),
    }),
  ),
  "helper-fuzz": hostSuite("hostile vectors and mount orders", "fuzz.test.ts", { short: 500, long: 10_000 }, ({ rounds, seed }) => ({
    LEFT4ME_FUZZ_CASES: String(rounds),
    LEFT4ME_FUZZ_SEED: String(seed),
  })),
  "layer-race": hostSuite("a layer that is swapped for a link", "race.test.ts", { short: 100, long: 500 }, ({ rounds }) => ({
    LEFT4ME_RACE_MOUNTS: String(rounds),
  })),
  faults: testFiles("every step of every mutation fails, of the disk and of the driver: there is the old state or the new one", {
    files: ["test/long/faults/*.test.ts"],
    environment: () => ({ LEFT4ME_FAULTS: "all" }),
    sums: { faults: /^# (\d+) faults$/ },
  }),
  descriptors: testFiles("five lives of an instance leave no descriptors, on both drivers (root, test hosts)", {
    files: ["test/long/descriptors.test.ts", "test/hosts/descriptors.test.ts"],
  }),
  "fake-host": testFiles("the conformance suite on the published fake host; excepted is what needs a kernel", {
    files: ["test/long/fake-host.test.ts"],
    maySkip: true,
  }),
  doctor: testFiles("what may be wrong with a host is found, with what to do about it; doctor changes nothing (root, test hosts)", {
    files: ["test/unit/cli/doctor.test.ts", "test/hosts/doctor.test.ts"],
  }),
  "man-pages": testFiles("the manual pages are without a fault by mandoc, and tell every option", {
    files: ["test/repo/man-pages.test.ts"],
  }),
  snippets: testFiles("what the documents show is run, and answers what they say", {
    files: ["test/repo/snippets.test.ts", "test/long/snippets.test.ts"],
  }),
};
