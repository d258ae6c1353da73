import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, fine, shellWord, warning } from "../../domain/finding.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { Check } from "./check.ts";

const units = "/usr/local/lib/systemd/system";
const helpers = "/usr/local/libexec/left4me";
const wants = "/etc/systemd/system/multi-user.target.wants";
const sudoers = "/etc/sudoers.d";

/**
 * Leftovers of the system that this one replaces, which kept its units and helpers below /usr/local and never ran beside
 * this one. What this user may not look at is passed over.
 *
 * @param system the root of the file system; tests have one of their own
 */
export function olderLayout(layout: HostLayout, system = "/"): Check {
  return {
    name: "older-layout",
    async run() {
      const looks = [olderUnits(system), olderHelpers(system), olderLinks(system), olderSudoers(system), olderInstallation(layout)];
      const found = (await Promise.all([...looks, olderUppers(layout, system)])).flat();
      return found.length > 0 ? found : [fine("older-layout", "nothing of the older layout is left")];
    },
  };
}

async function olderUnits(system: string): Promise<Finding[]> {
  const names = await ours(join(system, units));
  if (names.length === 0) return [];
  const paths = names.map((name) => `${units}/${name}`).join(" ");
  return [
    warning(
      "older-units",
      `units of the older layout hide those of the package: ${names.join(", ")} in ${units}`,
      `sudo rm -r ${paths} && sudo systemctl daemon-reload`,
    ),
  ];
}

async function olderHelpers(system: string): Promise<Finding[]> {
  const found = await names(join(system, helpers));
  if (found.length === 0) return [];
  return [warning("older-helpers", `helpers of the older layout are left in ${helpers}: ${found.join(", ")}`, `sudo rm -r ${helpers}`)];
}

async function olderLinks(system: string): Promise<Finding[]> {
  const links = (await names(join(system, wants))).filter((name) => name.startsWith("left4me-server@"));
  if (links.length === 0) return [];
  return [
    warning(
      "older-links",
      `${links.join(", ")} would be started at boot behind the host's back`,
      `sudo rm ${links.map((name) => shellWord(`${wants}/${name}`)).join(" ")} && sudo systemctl daemon-reload`,
    ),
  ];
}

async function olderSudoers(system: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const name of await names(join(system, sudoers))) {
    const text = await readFile(join(system, sudoers, name), "utf8").catch(() => "");
    if (!text.includes(`${helpers}/`)) continue;
    const path = shellWord(`${sudoers}/${name}`);
    found.push(warning("older-sudoers", `${path} allows helpers of the older layout`, `sudo rm ${path}`));
  }
  return found;
}

async function olderInstallation({ installation }: HostLayout): Promise<Finding[]> {
  const found = await lstat(installation).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return [];
  const path = shellWord(installation);
  return [
    warning(
      "older-installation",
      `${path} is no link to the active build, but an installation of the older layout`,
      // No restart: a daemon that opens removes what games of unknown instances wrote.
      `sudo mv ${path} ${path}.old && sudo l4d2ctl install --import ${path}.old`,
    ),
  ];
}

/** In the older layout what games wrote belonged to left4me; here the way to it is root's or, rootless, is marked by `format`. */
async function olderUppers({ runtime }: HostLayout, system: string): Promise<Finding[]> {
  const uid = await uidOf("left4me", system);
  const found: string[] = [];
  for (const name of await names(runtime)) {
    const [upper, format] = await Promise.all(["upper", "format"].map((part) => stat(join(runtime, name, part)).catch(() => undefined)));
    if (upper?.uid === uid && uid !== undefined && format === undefined) found.push(name);
  }
  if (found.length === 0) return [];
  return [
    warning(
      "older-uppers",
      `what games wrote in the older layout is left in ${runtime}: ${found.join(", ")}`,
      found.map((name) => `sudo mv ${shellWord(join(runtime, name))} /root/`).join("; "),
    ),
  ];
}

async function uidOf(user: string, system: string): Promise<number | undefined> {
  const passwd = await readFile(join(system, "etc/passwd"), "utf8").catch(() => "");
  const id = new RegExp(`^${user}:[^:]*:(\\d+):`, "m").exec(passwd)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** What is called left4me-… and is a unit, or drop-ins of one; a link to /dev/null masks and is no leftover. */
async function ours(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await names(directory)) {
    if (!/^left4me[-.]/.test(name)) continue;
    if ((await readlink(join(directory, name)).catch(() => "")) !== "/dev/null") found.push(name);
  }
  return found;
}

async function names(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort();
}
