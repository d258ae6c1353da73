import { isAbsolute } from "node:path";
import { isOnPath } from "../../exec/find-program.ts";
import type { HostDriver } from "../../host/driver.ts";
import { EmbeddedDriver } from "./embedded-driver.ts";
import { type EmbeddedOptions, settingsOf } from "./embedded-options.ts";
import { gameAccount } from "./game-account.ts";
import { ownPath } from "./game-environment.ts";

/**
 * Makes the embedded driver; nothing on disk is touched before `check` or `open`.
 *
 * @throws RangeError when `root` is not absolute, or games would run as root
 */
export async function createEmbeddedDriver(options: EmbeddedOptions): Promise<HostDriver> {
  if (!isAbsolute(options.root)) throw new RangeError(`root must be an absolute path, not ${JSON.stringify(options.root)}`);
  const settings = settingsOf(options, await gameAccount(options));
  if (settings.leakedDescriptors.length > 0 && !isOnPath("bash", ownPath())) {
    settings.log(`games will inherit the descriptors ${settings.leakedDescriptors.join(", ")}, which were open at our start: install bash`);
    return new EmbeddedDriver({ ...settings, leakedDescriptors: [] });
  }
  return new EmbeddedDriver(settings);
}
