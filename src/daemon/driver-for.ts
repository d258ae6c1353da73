import type { HostDriver } from "../host/driver.ts";
import type { HostLog } from "../host/host-log.ts";
import type { Config } from "./config.ts";
import { refuseOpenTcp } from "./open-tcp.ts";
import { refuseUnusedOptions } from "./unused-options.ts";

/**
 * Makes the driver that the configuration asks for. `auto` is systemd where PID 1 is systemd and our units are installed,
 * else embedded. Only the one that is used is loaded.
 *
 * @throws StartupError when `auto` comes to a driver that would ignore an option, or that must not serve TCP
 */
export async function driverFor(config: Config, log: HostLog): Promise<HostDriver> {
  const driver = config.driver === "auto" ? await findDriver() : config.driver;
  refuseUnusedOptions(config, driver);
  refuseOpenTcp(config, driver);
  if (driver === "systemd") return systemdDriver(config, log);
  const { createEmbeddedDriver } = await import("../drivers/embedded/index.ts");
  const { root, gameUid, gameGid } = config;
  const ids = { ...(gameUid === undefined ? {} : { gameUid }), ...(gameGid === undefined ? {} : { gameGid }) };
  return createEmbeddedDriver({ root, ...ids, log: (message) => log("warn", message) });
}

async function findDriver(): Promise<"systemd" | "embedded"> {
  const { isSystemdHost } = await import("../drivers/systemd/is-systemd-host.ts");
  return isSystemdHost() ? "systemd" : "embedded";
}

async function systemdDriver({ root, transport }: Config, log: HostLog): Promise<HostDriver> {
  const { createSystemdDriver } = await import("../drivers/systemd/index.ts");
  return createSystemdDriver({ root, transport, log: (message) => log("warn", message) });
}
