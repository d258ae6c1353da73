import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, failing, fine, warning } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";

/** What dpkg keeps of the package: `<md5>  <path without the leading slash>` a line. */
const sums = "var/lib/dpkg/info/left4me-host.md5sums";
const looked = /^usr\/(?:lib\/systemd|lib\/(?:sysusers|tmpfiles)\.d|libexec\/left4me|share\/polkit-1)\//;
const cure = "sudo apt-get install --reinstall left4me-host";

/** Whether what root executes and reads is as the package has it; a host without the package has nothing to compare with. */
export function packageFiles(system = "/"): Check {
  return {
    name: "package-files",
    async run() {
      const text = await readFile(join(system, sums), "utf8").catch(() => undefined);
      if (text === undefined) return [fine("package-files", "left4me-host was not installed as a package: nothing to compare with")];
      const wanted = text
        .split("\n")
        .map((line) => /^([0-9a-f]{32}) [ *](.+)$/.exec(line))
        .flatMap((match) => (match !== null && looked.test(match[2] ?? "") ? [{ sum: match[1] ?? "", path: match[2] ?? "" }] : []));
      const findings = (await Promise.all(wanted.map(({ sum, path }) => compare(system, path, sum)))).flat();
      return findings.length > 0 ? findings : [fine("package-files", `${wanted.length} files are as the package has them`)];
    },
  };
}

async function compare(system: string, path: string, sum: string): Promise<Finding[]> {
  const content = await readFile(join(system, path)).catch((error: NodeJS.ErrnoException) => error.code ?? "unknown");
  if (content === "ENOENT") return [failing("package-files", `/${path} is missing`, cure)];
  if (typeof content === "string") return [warning("package-files", `/${path} cannot be read (${content})`, `sudo chmod a+r /${path}`)];
  // MD5 is what dpkg has; it tells a change by mistake, not one by an enemy.
  if (createHash("md5").update(content).digest("hex") === sum) return [];
  return [warning("package-files", `/${path} was changed since the package was installed`, cure)];
}
