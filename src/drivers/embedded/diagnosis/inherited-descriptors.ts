import { fine, warning } from "../../../domain/finding.ts";
import { isOnPath } from "../../../exec/find-program.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import { ownPath } from "../game-environment.ts";
import { leakedDescriptors } from "../processes/leaked-descriptors.ts";

/** Whether games would get files that the daemon's own parent left open. bash closes them, where there is one. */
export function inheritedDescriptors(leaked = leakedDescriptors, hasBash = () => isOnPath("bash", ownPath())): Check {
  return {
    name: "inherited-descriptors",
    run() {
      const found = leaked();
      if (found.length === 0) return [fine("inherited-descriptors", "games inherit no open file of the daemon's parent")];
      const shown = `the daemon was started with open descriptors (${found.join(", ")})`;
      if (hasBash()) return [fine("inherited-descriptors", `${shown}, which are closed for games`)];
      const cure = "sudo apt-get install bash, and start the daemon again; or start it from a shell that has nothing open";
      return [warning("inherited-descriptors", `${shown}, and games inherit them`, cure)];
    },
  };
}
