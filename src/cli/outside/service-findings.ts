import { type Finding, failing, fine, warning } from "../../domain/finding.ts";
import type { Outsider } from "./outsider.ts";

const units = ["left4me-hostd.service", "left4me-hostd.socket"];

/** What systemd says of the daemon's units; nothing where there is no systemd. */
export async function serviceFindings({ systemctl }: Outsider): Promise<Finding[]> {
  const text = await systemctl("show", "--property=Id,LoadState,ActiveState,SubState,Result", ...units);
  if (text === undefined) return [];
  return text
    .trim()
    .split(/\n\n+/)
    .map(
      (block) => new Map(block.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const)),
    )
    .flatMap(judgeUnit);
}

function judgeUnit(unit: ReadonlyMap<string, string>): Finding[] {
  const { Id: id = "", LoadState: load, ActiveState: active, SubState: sub, Result: result } = Object.fromEntries(unit);
  if (id === "") return [];
  const log = `journalctl -u ${id} -n 30`;
  if (load === "not-found")
    return [
      warning(
        "daemon-unit",
        `there is no ${id}: the package is not installed here`,
        "install the package left4me-host, or start a host without it: npm start",
      ),
    ];
  if (load === "masked") return [failing("daemon-unit", `${id} is masked`, `sudo systemctl unmask ${id} && sudo systemctl start ${id}`)];
  if (active === "failed")
    return [
      failing(
        "daemon-unit",
        `${id} has failed (${result})`,
        `see why: ${log}; then: sudo systemctl reset-failed ${id} && sudo systemctl start ${id}`,
      ),
    ];
  if (active === "inactive") return [failing("daemon-unit", `${id} is not started`, `sudo systemctl start ${id}`)];
  if (active === "activating")
    return [warning("daemon-unit", `${id} is being started (${sub}), perhaps again and again`, `see why: ${log}`)];
  return [fine("daemon-unit", `${id} is ${active} (${sub})`)];
}
