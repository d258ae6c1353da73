import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-context.ts";
import type { Config } from "./config.ts";
import { daemonVersion } from "./daemon-version.ts";
import { StartupError } from "./startup-error.ts";

/** Opens the host that the configuration describes. Drivers are loaded only when they are chosen. */
export async function hostFor(config: Config, log: HostLog): Promise<HostApi> {
  switch (config.driver) {
    case "auto":
    case "embedded":
      return embeddedHost(config, log);
    case "fake":
      throw new StartupError("the fake host is not part of this release; use --driver embedded", 2);
  }
}

async function embeddedHost({ root, gameUid, gameGid }: Config, log: HostLog): Promise<HostApi> {
  const [{ openHost }, { createEmbeddedDriver }] = await Promise.all([import("../host/open-host.ts"), import("../drivers/embedded/index.ts")]);
  const ids = { ...(gameUid === undefined ? {} : { gameUid }), ...(gameGid === undefined ? {} : { gameGid }) };
  return openHost({ root, driver: await createEmbeddedDriver({ root, ...ids }), version: daemonVersion, log });
}
