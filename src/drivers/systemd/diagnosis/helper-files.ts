import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, failing, fine } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";

const directory = "/usr/libexec/left4me";
const helpers = ["left4me-overlay", "left4me-systemctl", "left4me-journalctl", "left4me-launch", "left4me-install", "left4me-boot"];

/**
 * Whether the helpers are there, and are root's alone: root executes them.
 *
 * @param system the root of the file system; tests have one of their own
 * @param owner whom they must belong to; tests say so
 */
export function helperFiles(system = "/", owner = 0): Check {
  return {
    name: "helpers",
    async run() {
      const paths = [directory, ...helpers.map((name) => `${directory}/${name}`)];
      const findings = (await Promise.all(paths.map((path) => lookAt(system, path, owner)))).flat();
      return findings.length > 0 ? findings : [fine("helpers", `the helpers in ${directory} are root's and can be run`)];
    },
  };
}

async function lookAt(system: string, path: string, owner: number): Promise<Finding[]> {
  const found = await stat(join(system, path)).catch(() => undefined);
  if (found === undefined) return [failing("helpers", `${path} is missing`, "sudo apt-get install --reinstall left4me-host")];
  const mode = found.mode & 0o7777;
  if (found.uid === owner && mode === 0o755) return [];
  const shown = mode.toString(8).padStart(4, "0");
  const cure = `sudo chown root:root ${path} && sudo chmod 0755 ${path}`;
  return [failing("helpers", `${path} belongs to uid ${found.uid} and has mode ${shown}, in the place of root's and 0755`, cure)];
}
