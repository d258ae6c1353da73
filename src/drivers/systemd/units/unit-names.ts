import { instanceNamePattern } from "../../../domain/instance-name.ts";

/** The templates whose units do one thing and end. */
const oneShots = ["reset", "restore", "drop", "list"] as const;
export type OneShot = (typeof oneShots)[number];

/** The templates of which every instance has one unit. */
export const unitKinds = ["server", "overlay", ...oneShots] as const;
export type UnitKind = (typeof unitKinds)[number];

/** The units of which a host has one each: those of an installation. */
export const hostUnitKinds = ["stage", "install", "hand-over", "discard"] as const;
export type HostUnitKind = (typeof hostUnitKinds)[number];

const ofHostPattern = new RegExp(`^left4me-(${hostUnitKinds.join("|")})\\.service$`);
const ofInstancePattern = new RegExp(`^left4me-(${unitKinds.join("|")})@(.+)\\.service$`);

/** Stands for the name of an instance where a unit is the host's; no instance has it. */
export const ofHost = "";

/** One of our units: an instance's, or the host's own, whose name is {@link ofHost}. */
export type UnitOf = { readonly kind: UnitKind | HostUnitKind; readonly name: string };

/** `left4me-server@NAME.service`; `left4me-server@.service`, the template, without a name. */
export function unitName(kind: UnitKind, name: string): string {
  return `left4me-${kind}@${name}.service`;
}

/** `left4me-install.service`. */
export function hostUnitName(kind: HostUnitKind): string {
  return `left4me-${kind}.service`;
}

/** Whether a unit of an instance does one thing and ends: nobody watches its state. */
export function isOneShot(kind: UnitOf["kind"]): kind is OneShot {
  return (oneShots as readonly UnitOf["kind"][]).includes(kind);
}

/** The glob that fits all units of a template. */
export function unitPattern(kind: UnitKind): string {
  return `left4me-${kind}@*.service`;
}

/** Whose unit it is; undefined when it is none of ours. */
export function parseUnitName(unit: string): UnitOf | undefined {
  const [, hostKind] = ofHostPattern.exec(unit) ?? [];
  if (hostKind !== undefined) return { kind: hostKind as HostUnitKind, name: ofHost };
  const [, kind, name] = ofInstancePattern.exec(unit) ?? [];
  return name !== undefined && instanceNamePattern.test(name) ? { kind: kind as UnitKind, name } : undefined;
}

const unitsPath = "/org/freedesktop/systemd1/unit/";

/** The object path of a unit on the bus: every byte but letters and digits is written `_xx` (sd_bus_path_encode(3)). */
export function unitPath(unit: string): string {
  return unitsPath + unit.replaceAll(/[^A-Za-z0-9]|^[0-9]/g, (char) => `_${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** The unit of an object path; undefined for other objects. */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(unitsPath)) return undefined;
  return path.slice(unitsPath.length).replaceAll(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
