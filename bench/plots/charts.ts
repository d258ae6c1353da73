import type { PlotRow } from "./dot-plot.ts";

/** A plot of one bench, by the names of its figures; see figure.ts. */
export type Chart = {
  /** Name of the image, without its ending. */
  readonly name: string;
  readonly bench: string;
  readonly title: string;
  readonly unit: string;
  readonly limit?: number;
  readonly rows: readonly ChartRow[];
};

/** Label, side, and one figure, or a median and a 99th percentile. */
export type ChartRow = readonly [label: string, side: PlotRow["side"], ...figures: string[]];

/** The plots, in the order of the document. */
export const charts: readonly Chart[] = [
  {
    name: "status",
    bench: "status",
    title: "The status of 100 instances that run",
    unit: "milliseconds a read",
    limit: 2,
    rows: [
      ["ListInstances", "ours", "value", "p99"],
      ["ListInstances by gRPC", "ours", "byGrpc"],
      ["grpc-js server, same message", "floor", "grpcJs"],
      ["one systemctl show", "peer", "peer"],
      ["older CLI, a call each", "peer", "older"],
    ],
  },
  {
    name: "status-one",
    bench: "status",
    title: "The status of one of 100 instances",
    unit: "milliseconds a read",
    limit: 2,
    rows: [
      ["GetInstance", "ours", "get", "getP99"],
      ["GetInstance by gRPC", "ours", "getByGrpc"],
      ["grpc-js server, same message", "floor", "grpcJsGet"],
      ["systemctl show", "peer", "systemctlShowOne"],
      ["older CLI", "peer", "olderGet"],
    ],
  },
  {
    name: "watch",
    bench: "watch",
    title: "From the crash of a game to whoever watches",
    unit: "milliseconds",
    limit: 50,
    rows: [
      ["watcher", "ours", "p50", "value"],
      ["first D-Bus signal of PID 1", "floor", "floorP50", "floor"],
      ["grpc-js server, told by a pipe", "floor", "grpcJsP50", "grpcJsP99"],
      ["older CLI, asked without a pause", "peer", "olderP50", "olderP99"],
    ],
  },
  {
    name: "logs",
    bench: "logs",
    title: "From a line of a game to its follower",
    unit: "milliseconds",
    limit: 15,
    rows: [
      ["StreamLogs", "ours", "value", "p99"],
      ["journalctl -f", "peer", "peer", "peerP99"],
      ["older CLI, --follow", "peer", "older", "olderP99"],
    ],
  },
  {
    name: "logs-last-lines",
    bench: "logs",
    title: "The last 200 lines of a log",
    unit: "milliseconds",
    rows: [
      ["StreamLogs", "ours", "last200"],
      ["journalctl --lines=200", "peer", "journalctlLast200"],
      ["older CLI", "peer", "olderLast200"],
    ],
  },
  {
    name: "logs-throughput",
    bench: "logs",
    title: "A log of 100 000 lines, read as a whole",
    unit: "lines a second; more is better",
    rows: [
      ["StreamLogs", "ours", "linesPerSecond"],
      ["StreamLogs by gRPC", "ours", "linesPerSecondByGrpc"],
      ["journalctl, raw export", "floor", "rawExportLinesPerSecond"],
      ["grpc-js server, from memory", "floor", "grpcJsLinesPerSecond"],
      ["older CLI", "peer", "olderLinesPerSecond"],
    ],
  },
  {
    name: "followers",
    bench: "followers",
    title: "A line of a game to all of its followers",
    unit: "milliseconds",
    limit: 60,
    rows: withFollowers((count) => [
      [`${count}: ours`, "ours", `oursP50With${count}`, `oursP99With${count}`],
      [`${count}: grpc-js over journalctl -f`, "peer", `grpcJsP50With${count}`, `grpcJsP99With${count}`],
    ]),
  },
  {
    name: "followers-processor",
    bench: "followers",
    title: "What followers cost the server: processor",
    unit: "percent of one processor at some 18 lines a second, the reader of the journal included",
    rows: withFollowers((count) => [
      [`${count}: ours`, "ours", `oursProcessorWith${count}`],
      [`${count}: grpc-js over journalctl -f`, "peer", `grpcJsProcessorWith${count}`],
    ]),
  },
  {
    name: "followers-memory",
    bench: "followers",
    title: "What followers cost the server: memory",
    unit: "MB resident",
    rows: withFollowers((count) => [
      [`${count}: ours`, "ours", `oursResidentWith${count}`],
      [`${count}: grpc-js over journalctl -f`, "peer", `grpcJsResidentWith${count}`],
    ]),
  },
  {
    name: "quiet-beside-flood",
    bench: "followers",
    title: "A quiet game beside one that floods the journal",
    unit: "milliseconds from a line to its follower",
    limit: 60,
    rows: [
      ["StreamLogs", "ours", "quietBesideFlood", "quietBesideFloodP99"],
      ["journalctl -f", "peer", "journalctlBesideFlood", "journalctlBesideFloodP99"],
    ],
  },
  {
    name: "stall",
    bench: "stall",
    title: "500 followers that do not read, while the game floods",
    unit: "MB resident; growth of the grpc-js server is for 1000 lines",
    rows: [
      ["before", "ours", "residentBefore"],
      ["at most, flood of 50 000 lines", "ours", "floor"],
      ["at most, flood of 150 000 lines", "ours", "value"],
      ["growth", "ours", "growth"],
      ["grpc-js: before", "peer", "grpcJsBefore"],
      ["grpc-js: growth for 1000 lines", "peer", "grpcJsGrowth"],
    ],
  },
  {
    name: "start",
    bench: "start",
    title: "A start with full hardening",
    unit: "milliseconds",
    rows: [
      ["answered", "ours", "value", "p99"],
      ["ready", "ours", "ready"],
      ["sandbox without overlay", "floor", "floor"],
      ["sandbox without overlay, ready", "floor", "floorReady"],
      ["older layout", "peer", "older"],
      ["older layout, ready", "peer", "olderReady"],
    ],
  },
  {
    name: "reset",
    bench: "reset",
    title: "A reset of an idle instance",
    unit: "milliseconds",
    rows: [
      ["ResetInstance", "ours", "value", "p99"],
      ["older layout", "peer", "peer", "olderP99"],
      ["stop of the sandbox alone", "floor", "stopOfSandboxAlone"],
    ],
  },
  {
    name: "start-100",
    bench: "start-100",
    title: "100 instances started at once, until all are ready",
    unit: "seconds",
    rows: [
      ["ours", "ours", "value"],
      ["older layout", "peer", "peer"],
      ["sandbox without overlays", "floor", "sandboxAlone"],
    ],
  },
];

function withFollowers(rows: (count: number) => readonly ChartRow[]): ChartRow[] {
  return [1, 10, 100, 500].flatMap(rows);
}
