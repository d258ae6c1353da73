import { cfgDirectory } from "../../domain/server-cfg.ts";
import type { Finding, LookedAt } from "./finding.ts";

/** Finds the server.cfg of an overlay without an alias: the generated one always hides it. */
export function hiddenServerCfg({ ref, field }: LookedAt): Finding {
  let isThere = false;
  return {
    see({ path, type }) {
      if (path === `${cfgDirectory}/server.cfg` && type === "file") isThere = true;
    },
    warnings() {
      if (!isThere) return [];
      const message = `the ${cfgDirectory}/server.cfg of the overlay "${ref}" is hidden by the generated one and not executed; give the overlay an alias to execute it`;
      return [{ code: "NO_SERVER_CFG", message, field: `${field}.alias` }];
    },
  };
}
