import fc from "fast-check";
import { desiredStates, drifts, instanceStates, readinesses, verbs, warningCodes } from "../../../src/convert/contract-enums.ts";
import { present } from "../../../src/convert/present.ts";
import type { ExitReport } from "../../../src/domain/exit-report.ts";
import type { Instance, InstanceStatus, Operation, Warning } from "../../../src/domain/instance.ts";
import { type InstanceSpec, instanceSpecSchema } from "../../../src/domain/instance-spec.ts";
import type { ResourceUsage } from "../../../src/domain/runtime-status.ts";

// Any value of the domain's types. Optional members are there or not, never undefined: so do comparisons stay strict.

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const word = fc.string({ minLength: 1, maxLength: 20 });
const count = fc.maxSafeNat();
const uint32 = fc.nat(0xffff_ffff);
const time = fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
const labels = fc.dictionary(word, text, { maxKeys: 4 }).map((entries) => ({ ...entries }));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Plain objects only, as the code under test makes them. */
const record = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(shape, { noNullPrototype: true });
const presentOf = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => record(shape).map((members) => present(members));
const oneOf = <T>(names: readonly T[]) => fc.constantFrom(...names);
/** Microseconds and up: what a float of seconds keeps through nanoseconds. */
const seconds = fc.nat(2 ** 31).chain((whole) => fc.nat(999_999).map((micros) => Number(`${whole}.${String(micros).padStart(6, "0")}`)));

export const spec: fc.Arbitrary<InstanceSpec> = record({
  port: fc.integer({ min: 1, max: 65535 }),
  overlays: fc
    .uniqueArray(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/), { maxLength: 5 })
    .map((refs) => refs.map((ref, index) => (index % 2 === 0 ? { ref } : { ref, alias: `a${index}` }))),
  arguments: fc.array(
    fc.string({ maxLength: 10 }).filter((line) => !/[\0\r\n]/.test(line)),
    { maxLength: 4 },
  ),
  config: fc.array(fc.constantFrom("sv_cheats 0", 'hostname "süß; \\"x\\""', ""), { maxLength: 4 }),
  preserve: fc.array(fc.constantFrom("a*.cfg", "b/**"), { maxLength: 2 }),
  resources: presentOf<InstanceSpec["resources"]>({
    memoryHighBytes: fc.constant(undefined),
    memoryMaxBytes: optional(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
    tasksMax: optional(fc.integer({ min: 1, max: 65536 })),
    cpuQuotaPercent: optional(fc.integer({ min: 1, max: 102400 })),
    nice: optional(fc.integer({ min: -20, max: 19 })),
  }),
  volatile: fc.constant(false),
}).map((value) => instanceSpecSchema.parse(value));

const warning: fc.Arbitrary<Warning> = record({ code: oneOf(warningCodes.names), message: text, field: optional(word) }).map(
  ({ field, ...rest }) => ({ ...rest, ...present({ field }) }),
);

const operation: fc.Arbitrary<Operation> = record({ id: text, verb: oneOf(verbs.names), startTime: time, step: text, caller: text });

const exitReport: fc.Arbitrary<ExitReport> = record({
  invocationId: text,
  intended: fc.boolean(),
  exitTime: time,
  result: text,
  lastLines: fc.array(text, { maxLength: 3 }),
  optional: presentOf<{ code?: number | undefined; signal?: string | undefined; oom?: boolean | undefined }>({
    code: optional(fc.nat(255)),
    signal: optional(word),
    oom: optional(fc.boolean()),
  }),
}).map(({ optional: given, ...rest }) => ({ ...rest, ...given }));

const usage: fc.Arbitrary<ResourceUsage> = record({
  sampleTime: time,
  memoryBytes: optional(count),
  cpuSeconds: optional(seconds),
  tasks: optional(uint32),
  receiveBytes: optional(count),
  transmitBytes: optional(count),
}).map(({ sampleTime, ...rest }) => ({ sampleTime, ...present(rest) }));

const status: fc.Arbitrary<InstanceStatus> = record({
  state: oneOf(instanceStates.names),
  readiness: oneOf(readinesses.names),
  drift: oneOf(drifts.names),
  activeState: text,
  subState: text,
  result: text,
  invocationId: text,
  mainPid: uint32,
  stateChangeTime: time,
  restarts: uint32,
  buildId: text,
  generation: count,
  nextBuildId: text,
  nextGeneration: count,
  pendingRestart: fc.boolean(),
  warnings: fc.array(warning, { maxLength: 2 }),
  lastExit: optional(exitReport),
  usage: optional(usage),
  operation: optional(operation),
}).map(({ lastExit, usage: used, operation: held, ...rest }) => ({ ...rest, ...present({ lastExit, usage: used, operation: held }) }));

export const instance: fc.Arbitrary<Instance> = record({
  name: word,
  uid: text,
  etag: text,
  labels,
  spec,
  desiredState: oneOf(desiredStates.names),
  status,
  createTime: time,
  updateTime: time,
  revision: count,
});
