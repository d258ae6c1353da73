export { createSystemdDriver } from "./create-systemd-driver.ts";
export { isSystemdHost } from "./is-systemd-host.ts";
export type { SystemdOptions } from "./systemd-options.ts";
