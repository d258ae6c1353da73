import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { failing, fine, warning } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";

/**
 * Whether the kernel has overlayfs. Before the first mount it may have to be loaded; the daemon's sandbox hides the modules, so
 * that the kernel's configuration must tell.
 *
 * @param system the root of the file system; tests have one of their own
 */
export function overlayModule(system = "/", kernel = release()): Check {
  const read = (path: string) => readFile(join(system, path), "utf8").catch(() => "");
  return {
    name: "overlayfs",
    async run() {
      if (/\toverlay$/m.test(await read("proc/filesystems"))) return [fine("overlayfs", "the kernel has overlayfs")];
      const configuration = await read(`boot/config-${kernel}`);
      if (/^CONFIG_OVERLAY_FS=[ym]$/m.test(configuration))
        return [fine("overlayfs", "the kernel has overlayfs, and loads it when it is needed")];
      if (/^# CONFIG_OVERLAY_FS is not set$/m.test(configuration))
        return [failing("overlayfs", `the kernel ${kernel} was built without overlayfs: no game can start`, "boot a kernel of Debian's")];
      return [
        warning("overlayfs", "overlayfs is not loaded, and whether the kernel has it cannot be seen from here", "sudo modprobe overlay"),
      ];
    },
  };
}
