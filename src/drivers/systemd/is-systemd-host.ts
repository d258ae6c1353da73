import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where unit files of the administrator, of this boot and of packages lie (systemd.unit(5)). */
const places = ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];
const templates = ["left4me-server@.service", "left4me-overlay@.service", "left4me-reset@.service"];

/** Whether PID 1 is systemd (sd_booted(3)) and our units are installed: then this driver is the one for the host. */
export function isSystemdHost(): boolean {
  return isSystemdBooted() && templates.every((template) => places.some((place) => existsSync(join(place, template))));
}

/** Whether PID 1 is systemd. */
export function isSystemdBooted(): boolean {
  return existsSync("/run/systemd/system");
}
