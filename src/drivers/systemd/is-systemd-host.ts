import { existsSync } from "node:fs";
import { join } from "node:path";
import { unitKinds, unitName } from "./units/unit-names.ts";

/** Where unit files of the administrator, of this boot and of packages lie (systemd.unit(5)). */
const places = ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];
const templates = unitKinds.map((kind) => unitName(kind, ""));

/** Whether PID 1 is systemd (sd_booted(3)) and our units are installed: then this driver is the one for the host. */
export function isSystemdHost(): boolean {
  return isSystemdBooted() && hasUnits();
}

/** Whether all of our templates are installed. @param directories where unit files may lie; tests have some of their own */
export function hasUnits(directories: readonly string[] = places): boolean {
  return templates.every((template) => directories.some((place) => existsSync(join(place, template))));
}

/** Whether PID 1 is systemd. */
export function isSystemdBooted(): boolean {
  return existsSync("/run/systemd/system");
}
