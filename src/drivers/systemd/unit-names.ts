import { instanceNamePattern } from "../../domain/instance-name.ts";

/** The templates of which every instance has one unit. */
export type UnitKind = "server" | "overlay" | "reset";

/** One instance's unit. */
export type UnitOf = { readonly kind: UnitKind; readonly name: string };

/** `left4me-server@NAME.service`. */
export function unitName(kind: UnitKind, name: string): string {
  return `left4me-${kind}@${name}.service`;
}

/** The glob that fits all units of a template. */
export function unitPattern(kind: UnitKind): string {
  return `left4me-${kind}@*.service`;
}

/** Whose unit it is; undefined when it is none of ours. */
export function parseUnitName(unit: string): UnitOf | undefined {
  const [, kind, name] = /^left4me-(server|overlay|reset)@(.+)\.service$/.exec(unit) ?? [];
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
