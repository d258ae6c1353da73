import type { Bench } from "./bench.ts";
import { daemonBench } from "./daemon.ts";
import { readLogBench } from "./read-log.ts";
import { startLargeBench } from "./start-large.ts";
import { followersBench } from "./systemd/followers.ts";
import { logsBench } from "./systemd/logs.ts";
import { resetBench } from "./systemd/reset.ts";
import { stallBench } from "./systemd/stall.ts";
import { startBench } from "./systemd/start.ts";
import { startLargeSystemdBench } from "./systemd/start-large.ts";
import { startManyBench } from "./systemd/start-many.ts";
import { statusBench } from "./systemd/status.ts";
import { watchBench } from "./systemd/watch.ts";

/** Every bench by the name that `npm run bench` knows it by. */
export const benches: Readonly<Record<string, Bench>> = {
  daemon: daemonBench,
  followers: followersBench,
  logs: logsBench,
  "read-log": readLogBench,
  reset: resetBench,
  stall: stallBench,
  start: startBench,
  "start-100": startManyBench,
  "start-large": startLargeSystemdBench,
  "start-large-embedded": startLargeBench,
  status: statusBench,
  watch: watchBench,
};
