export { createSystemdDriver } from "./create-systemd-driver.ts";
