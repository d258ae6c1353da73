import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-context.ts";
import type { Config } from "./config.ts";
import { daemonVersion } from "./daemon-version.ts";

/** Opens the host that the configuration describes. `auto` is `embedded` as long as there is no other driver. */
export async function hostFor({ root, gameUid, gameGid }: Config, log: HostLog): Promise<HostApi> {
  const [{ openHost }, { createEmbeddedDriver }] = await Promise.all([
    import("../host/open-host.ts"),
    import("../drivers/embedded/index.ts"),
  ]);
  const ids = { ...(gameUid === undefined ? {} : { gameUid }), ...(gameGid === undefined ? {} : { gameGid }) };
  return openHost({
    root,
    driver: await createEmbeddedDriver({ root, ...ids, log: (message) => log("warn", message) }),
    version: daemonVersion,
    log,
  });
}
