export { isSystemdHost } from "./check-installation.ts";
export { createSystemdDriver } from "./create-systemd-driver.ts";
export type { SystemdOptions } from "./systemd-options.ts";
