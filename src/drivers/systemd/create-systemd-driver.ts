import { isAbsolute } from "node:path";
import type { HostDriver } from "../../host/driver.ts";
import { gameIds } from "./accounts.ts";
import { checkFiles } from "./check-installation.ts";
import { createInstanceJournal } from "./journal/index.ts";
import { SystemdDriver } from "./systemd-driver.ts";
import type { SystemdOptions } from "./systemd-options.ts";

/**
 * Makes the driver of production hosts; nothing is connected before `check` or `open`.
 *
 * @throws RangeError when `root` is not absolute; HostError DRIVER_UNAVAILABLE when the privileged side is not installed
 */
export function createSystemdDriver(options: SystemdOptions): HostDriver {
  if (!isAbsolute(options.root)) throw new RangeError(`root must be an absolute path, not ${JSON.stringify(options.root)}`);
  checkFiles(options.root);
  return new SystemdDriver({ transport: "auto", log: () => {}, createJournal: createInstanceJournal, ...options }, gameIds());
}
