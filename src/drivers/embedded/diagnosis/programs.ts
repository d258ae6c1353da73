import { type Finding, failing, fine } from "../../../domain/finding.ts";
import { isOnPath } from "../../../exec/find-program.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import { ownPath } from "../game-environment.ts";
import { neededPrograms } from "../unavailable.ts";

/** Whether the programs that a game's life needs are on PATH. @param path for tests. Default: the daemon's */
export function programs(path = ownPath()): Check {
  return {
    name: "programs",
    run() {
      const missing = Object.entries(neededPrograms).filter(([program]) => !isOnPath(program, path));
      if (missing.length === 0) return [fine("programs", `${Object.keys(neededPrograms).join(", ")} are on PATH`)];
      return missing.map(
        ([program, name]): Finding =>
          failing("programs", `${program} is not on PATH (${path})`, `sudo apt-get install --reinstall ${name}`),
      );
    },
  };
}
