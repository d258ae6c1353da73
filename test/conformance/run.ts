import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Host } from "../../src/gen/left4me/host/v1/host_service_pb.ts";
import { type HostAddress, parseAddress } from "./address.ts";
import { exceptions } from "./exceptions.ts";
import { allInstances } from "./fixtures/list-all.ts";
import { MadeOnce } from "./fixtures/made-once.ts";
import { PortPool } from "./fixtures/port-pool.ts";
import { sweep } from "./fixtures/removal.ts";
import { activateForSuite, buildImporter, restoreBuild } from "./fixtures/suite-build.ts";
import { TestContext, type World } from "./fixtures/test-context.ts";
import { type HostConnection, openConnection, type Protocol } from "./host-connection.ts";
import { type Report, type Result, tally } from "./runner/result.ts";
import { runTest } from "./runner/run-test.ts";
import { atMost } from "./runner/schedule.ts";
import type { ConformanceTest, Lane } from "./runner/test-case.ts";
import { allTests } from "./suite/index.ts";

/** What {@link runConformance} is told. */
export type ConformanceOptions = {
  /** `unix:/path`, `http://host:port` or `https://host[:port]`. */
  readonly address: string;
  /** Runs only the tests whose id matches. Default: all. */
  readonly only?: RegExp;
  /** Is told each result when it is known. Default: nobody. */
  readonly report?: (result: Result) => void;
  /** How requests are spelled. Default: grpc. */
  readonly protocol?: Protocol;
  /** The first and the last port that games may use. Default: 27100 to 27400. */
  readonly ports?: readonly [number, number];
  /** A Node program that is copied into the build, for hosts whose games have none. Default: none. */
  readonly nodeBinary?: string;
  /** Tests at a time, those that mostly wait not counted. Default: 4. */
  readonly width?: number;
  /** Also runs the tests that wait for minutes. Default: false. */
  readonly slow?: boolean;
  /** Ends the suite early; what it has made is removed first. Default: nothing does. */
  readonly signal?: AbortSignal;
};

/** Tests that mostly wait are many, but each has a game that runs. */
const patientWidth = 12;

/**
 * Proves the contract against the host at an address, through nothing but the contract.
 *
 * Leaves a populated host as it was, but for the builds that it uploads: the contract has no call that removes one.
 * @throws what keeps the suite from beginning (no host at the address, a host that refuses its build), or the signal's reason
 */
export async function runConformance(options: ConformanceOptions): Promise<Report> {
  const begin = performance.now();
  const address = parseAddress(options.address);
  const { protocol = "grpc", only = /(?:)/, report = () => undefined } = options;
  const api = openConnection(address, protocol);
  const connect = connector(address, protocol, options.signal);
  try {
    const host = await hostOf(api);
    const chosen = allTests.filter(({ id }) => only.test(id));
    const results = await runAll(api, chosen, {
      ...options,
      connect,
      host,
      isLocal: address.isLocal && host.hostname === hostname(),
      report,
    });
    const { driver, version, id: hostId } = host;
    return {
      address: address.text,
      protocol,
      driver,
      version,
      hostId,
      milliseconds: Math.round(performance.now() - begin),
      ...tally(results),
      results,
    };
  } finally {
    api.close();
  }
}

async function hostOf(api: HostConnection): Promise<Host> {
  const { host } = await api.host.getHost({}, { timeoutMs: 10_000 });
  if (host === undefined) throw new Error("GetHost answers without a host");
  return host;
}

type Plan = Pick<ConformanceOptions, "ports" | "nodeBinary" | "width" | "slow" | "signal"> & {
  readonly connect: () => HostConnection;
  readonly host: Host;
  readonly isLocal: boolean;
  readonly report: (result: Result) => void;
};

async function runAll(api: HostConnection, tests: readonly ConformanceTest[], plan: Plan): Promise<Result[]> {
  const { connect, host, isLocal, ports = [27_100, 27_400], width = 4 } = plan;
  const taken = new Set((await allInstances(api)).map(({ spec }) => spec?.port ?? 0));
  const prefix = `cf-${randomBytes(3).toString("hex")}-`;
  const former = (await api.installation.getInstallation({})).activeBuild;
  const importVariant = buildImporter(prefix, plan.nodeBinary);
  const shared = new MadeOnce(() => new TestContext(world, "suite/shared"));
  const bare: World = { connect, host, prefix, ports: new PortPool(...ports, taken, isLocal), build: undefined, importVariant, shared };
  const place = { host, isLocal, allowsSlow: plan.slow === true, hadBuild: former !== undefined };
  const results: Result[] = [];
  const runOne = async (world: World, test: ConformanceTest) => {
    if (plan.signal?.aborted) return;
    const exception = exceptions[host.driver]?.[test.id];
    const result = await runTest(test, { place, exception, open: (id) => new TestContext(world, id) });
    if (plan.signal?.aborted) return; // it failed because its connections were taken away
    results.push(result);
    plan.report(result);
  };
  const run = (world: World, lane: Lane, atOnce: number) => {
    const chosen = tests.filter((test) => laneOf(test, host.driver) === lane);
    return atMost(atOnce, chosen, (test) => runOne(world, test));
  };
  await run(bare, "first", 1);
  if (tests.every(({ lane }) => lane === "first")) return results;
  const world: World = { ...bare, build: await activateForSuite(api, importVariant) };
  try {
    const lanes = async () => {
      await Promise.all([run(world, "patient", patientWidth), run(world, "parallel", width)]);
      await shared.close();
      await run(world, "last", 1);
    };
    await orAborted(lanes(), plan.signal);
  } finally {
    await restoreBuild(api, former);
    await sweep(api, prefix);
  }
  return results;
}

/** An excepted test mostly waits in vain. */
function laneOf({ id, lane }: ConformanceTest, driver: string): Lane {
  return lane === "parallel" && exceptions[driver]?.[id] !== undefined ? "patient" : lane;
}

/** Connects for tests. With the signal all their connections end, so that none makes anything any more. */
function connector(address: HostAddress, protocol: Protocol, signal: AbortSignal | undefined): () => HostConnection {
  const open = new Set<HostConnection>();
  signal?.addEventListener("abort", () => {
    for (const connection of open) connection.close();
  });
  return () => {
    signal?.throwIfAborted();
    const connection = openConnection(address, protocol);
    open.add(connection);
    return {
      ...connection,
      close() {
        open.delete(connection);
        connection.close();
      },
    };
  };
}

/** Waits for a promise or for the signal, whichever comes first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  return Promise.race([promise, aborted]);
}
