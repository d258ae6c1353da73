import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-log.ts";
import type { Config } from "./config.ts";
import { daemonVersion } from "./daemon-version.ts";
import { driverFor } from "./driver-for.ts";

/** Opens the host that the configuration describes. */
export async function hostFor(config: Config, log: HostLog): Promise<HostApi> {
  const [{ openHost }, driver] = await Promise.all([import("../host/open-host.ts"), driverFor(config, log)]);
  const { root, keepBuilds, keepArchives } = config;
  return openHost({ root, driver, version: daemonVersion, log, keepBuilds, keepArchives });
}
