import { type Finding, failing, fine, warning } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import type { SystemdManager } from "../bus/systemd-manager.ts";
import { trialName } from "../choose-transport.ts";
import { hostUnitKinds, hostUnitName, unitKinds, unitName } from "../units/unit-names.ts";

/** Those that a boot needs; without them nothing comes back by itself. */
const enabled = ["left4me-hostd.socket", "left4me-hostd.service", "left4me-boot.service", "left4me-trash.service"];
const units = [
  ...unitKinds.map((kind) => unitName(kind, trialName)),
  ...hostUnitKinds.map(hostUnitName),
  ...enabled,
  "left4me.slice",
  "left4me-trash.timer",
];

const packaged = /^(?:\/usr)?\/lib\/systemd\/system\//;

/** What PID 1 tells of a unit's files. */
export type UnitFiles = {
  readonly unit: string;
  readonly loadState: string;
  /** Where the unit file is; "" when there is none. */
  readonly fragment: string;
  readonly dropIns: readonly string[];
  readonly needsReload: boolean;
  /** `enabled`, `disabled`, `static`, …; "" when PID 1 does not know. */
  readonly fileState: string;
};

/** Whether PID 1 has every unit, as the package has it. */
export function unitFiles(manager: () => Pick<SystemdManager, "get">): Check {
  return {
    name: "units",
    async run() {
      const found = await Promise.all(units.map((unit) => lookAt(manager(), unit)));
      const findings = found.flatMap(judgeUnit);
      return findings.length > 0 ? findings : [fine("units", `PID 1 has all ${units.length} units, as the package has them`)];
    },
  };
}

async function lookAt(manager: Pick<SystemdManager, "get">, unit: string): Promise<UnitFiles> {
  const names = ["LoadState", "FragmentPath", "DropInPaths", "NeedDaemonReload", "UnitFileState"];
  const [loadState, fragment, dropIns, needsReload, fileState] = await Promise.all(names.map((name) => manager.get(unit, "Unit", name)));
  return {
    unit: unit.replace(`@${trialName}`, "@"),
    loadState: String(loadState),
    fragment: String(fragment ?? ""),
    dropIns: Array.isArray(dropIns) ? dropIns.map(String) : [],
    needsReload: needsReload === true,
    fileState: String(fileState ?? ""),
  };
}

/** What is wrong with a unit; nothing, when nothing is. */
export function judgeUnit({ unit, loadState, fragment, dropIns, needsReload, fileState }: UnitFiles): Finding[] {
  const refused = loadState === "loaded" ? undefined : notLoaded(unit, loadState);
  if (refused !== undefined) return [refused];
  const findings: Finding[] = [];
  if (!packaged.test(fragment))
    findings.push(warning("unit-overridden", `${unit} is not the package's, but ${fragment}`, overrideCure(unit, fragment)));
  const own = dropIns.filter((path) => !packaged.test(path) && !path.endsWith("/sudo-transport.conf"));
  if (own.length > 0)
    findings.push(
      warning(
        "unit-overridden",
        `${unit} is changed by ${own.join(", ")}`,
        `see whether that is meant: systemctl cat ${unit}; to undo it: sudo systemctl revert ${unit}`,
      ),
    );
  if (needsReload)
    findings.push(warning("unit-reload", `the file of ${unit} was changed, and PID 1 has not read it`, "sudo systemctl daemon-reload"));
  if (enabled.includes(unit) && fileState === "disabled")
    findings.push(warning("unit-disabled", `${unit} is not enabled: it is not there after a boot`, `sudo systemctl enable ${unit}`));
  return findings;
}

function notLoaded(unit: string, loadState: string): Finding {
  if (loadState === "masked") return failing("unit-masked", `${unit} is masked`, `sudo systemctl unmask ${unit}`);
  if (loadState === "not-found")
    return failing(
      "unit-missing",
      `PID 1 has no ${unit}`,
      "sudo systemctl daemon-reload; if that does not help: sudo apt-get install --reinstall left4me-host",
    );
  return failing(
    "unit-broken",
    `systemd says of ${unit}: ${loadState}`,
    `see why: systemctl status ${unit}; sudo systemctl revert ${unit}`,
  );
}

/** `revert` knows /etc and /run only. */
function overrideCure(unit: string, fragment: string): string {
  return /^\/(?:etc|run)\//.test(fragment) ? `sudo systemctl revert ${unit}` : `sudo rm ${fragment} && sudo systemctl daemon-reload`;
}
