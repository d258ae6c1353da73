import { type Capabilities, type Host, HostSchema, ResourceLimit } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { ageOf, wordOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { formatPairs } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions } from "../session.ts";
import { withHost } from "../with-host.ts";

export type HostOptions = GlobalOptions & { readonly json?: boolean };

/** Prints what the host is and can do; with `json` the contract's Host. */
export function hostCommand(terminal: Terminal, options: HostOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, address, read }) => {
      const { host } = await client.host.getHost({}, read);
      if (host === undefined) throw new TypeError("the host answered without saying what it is");
      if (options.json === true) printJson(terminal, messageJson(HostSchema, host));
      else terminal.out(hostText(host, address));
      return 0;
    },
    { wait: { what: "the description of the host" } },
  );
}

function hostText(host: Host, address: string): string {
  const { disk, load, capabilities } = host;
  return formatPairs([
    ["host", `${host.hostname} (${host.id})`],
    ["address", address],
    ["version", host.version],
    ["driver", host.transport === "" ? host.driver : `${host.driver} over ${host.transport}`],
    ["root", host.root],
    ["up", ageOf(host.startTime)],
    ["instances", load === undefined ? "" : `${load.instances}, ${load.instancesRunning} running`],
    ["disk", disk === undefined ? "" : `${formatBytes(disk.freeBytes)} free of ${formatBytes(disk.totalBytes)}`],
    ["memory", load === undefined ? "" : `${formatBytes(load.memoryAvailableBytes)} available of ${formatBytes(load.memoryTotalBytes)}`],
    ["load", load === undefined ? "" : `${load.loadAverages.map((average) => average.toFixed(2)).join(" ")} on ${load.cpus} CPUs`],
    ["offers", offered(capabilities).join("\n")],
    ["lacks", lacking(capabilities).join("\n")],
  ]);
}

const names: Readonly<Record<Exclude<keyof Capabilities, "$typeName" | "$unknown" | "enforcedLimits">, string>> = {
  isolation: "isolation between games",
  restartsWithoutDaemon: "restarts without the daemon",
  startsAtBoot: "starts at boot without the daemon",
  preserve: "files kept across resets (preserve)",
  archives: "archives of what games wrote",
  installGame: "installation through SteamCMD",
  diagnose: "diagnosis",
  volatile: "volatile instances",
};

function offered(capabilities: Capabilities | undefined): string[] {
  const limits = (capabilities?.enforcedLimits ?? []).map((limit) => wordOf(ResourceLimit, limit).toLowerCase());
  return [...chosen(capabilities, true), ...(limits.length === 0 ? [] : [`limits: ${limits.join(", ")}`])];
}

function lacking(capabilities: Capabilities | undefined): string[] {
  return [...chosen(capabilities, false), ...((capabilities?.enforcedLimits.length ?? 0) === 0 ? ["limits of resources"] : [])];
}

function chosen(capabilities: Capabilities | undefined, wanted: boolean): string[] {
  const keys = Object.keys(names) as (keyof typeof names)[];
  return keys.filter((key) => (capabilities?.[key] ?? false) === wanted).map((key) => names[key]);
}
