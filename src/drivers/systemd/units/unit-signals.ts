import type { BusSignal } from "../bus/bus-signals.ts";
import { isOneShot, parseUnitName, type UnitOf, unitOfPath } from "./unit-names.ts";

/** What a signal tells of our units, or of PID 1; `name` is the instance's or `ofHost`. */
export type UnitSignal =
  | { readonly kind: "changed"; readonly unit: string; readonly name: string; readonly iface: "Unit" | "Service"; readonly changed: object }
  | { readonly kind: "job-removed"; readonly name: string; readonly job: string; readonly result: string }
  | { readonly kind: "reloaded" }
  | { readonly kind: "reexecuted" };

/** These run for a moment; how their jobs end is all that matters. */
const unwatched: readonly UnitOf["kind"][] = ["hand-over", "discard"];

/** Reads a signal; undefined when it tells of nothing of ours, or has another form than org.freedesktop.systemd1(5) gives it. */
export function unitSignal(signal: BusSignal): UnitSignal | undefined {
  switch (signal.member) {
    case "PropertiesChanged":
      return propertiesChanged(signal);
    case "JobRemoved":
      return jobRemoved(signal);
    case "Reloading": // `b`: whether it begins
      return signal.body[0] === false ? { kind: "reloaded" } : undefined;
    case "NameOwnerChanged":
      return typeof signal.body[2] === "string" && signal.body[2] !== "" ? { kind: "reexecuted" } : undefined;
    default:
      return undefined;
  }
}

/** `sa{sv}as`: the interface, what has changed, and what is not told. */
function propertiesChanged({ path, body: [name, changed] }: BusSignal): UnitSignal | undefined {
  const unit = unitOfPath(path);
  const parsed = unit === undefined ? undefined : parseUnitName(unit);
  const iface = name === "org.freedesktop.systemd1.Unit" ? "Unit" : name === "org.freedesktop.systemd1.Service" ? "Service" : undefined;
  if (unit === undefined || parsed === undefined || iface === undefined) return undefined;
  if (isOneShot(parsed.kind) || unwatched.includes(parsed.kind)) return undefined;
  if (typeof changed !== "object" || changed === null) return undefined;
  return { kind: "changed", unit, name: parsed.name, iface, changed };
}

/** `uoss`: the job's id, its path, its unit, how it ended. */
function jobRemoved({ body: [, job, unit, result] }: BusSignal): UnitSignal | undefined {
  if (typeof job !== "string" || typeof unit !== "string" || typeof result !== "string") return undefined;
  const parsed = parseUnitName(unit);
  return parsed === undefined ? undefined : { kind: "job-removed", name: parsed.name, job, result };
}
