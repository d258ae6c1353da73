import type { BootingHost } from "../../hosts/booting-host.ts";

/** What a host holds at one moment; every figure has to stay as it is, however long it lives. */
export const figureNames = [
  "daemonMb",
  "daemonDescriptors",
  "daemonChildren",
  "systemdMb",
  "systemdDescriptors",
  "mounts",
  "cgroups",
  "units",
  "runFiles",
  "temporaryFiles",
] as const;

export type FigureName = (typeof figureNames)[number];

/** A look at a host, and which daemon it had. Figures of a daemon that was just being started are missing. */
export type Sample = { readonly seconds: number; readonly daemonPid?: number } & Readonly<Partial<Record<FigureName, number>>>;

/** The daemon's own figures are left out in the first seconds of its life: it is still growing up. */
const youthSeconds = 10;

/** The helper's locks are left out: an empty file for each name that there ever was since the boot. */
const script = `
  resident() { awk '/^VmRSS:/ {print $2 * 1024 / 1e6}' /proc/$1/status; }
  pid=$(systemctl show -P MainPID left4me-hostd.service)
  echo daemonPid $pid
  if [ -d /proc/$pid/fd ] && [ "$pid" != 0 ] && [ "$(ps -o etimes= -p $pid)" -ge ${youthSeconds} ]; then
    echo daemonMb $(resident $pid)
    echo daemonDescriptors $(ls /proc/$pid/fd | wc -l)
    echo daemonChildren $(ps --no-headers --ppid $pid | wc -l)
  fi
  echo systemdMb $(resident 1)
  echo systemdDescriptors $(ls /proc/1/fd | wc -l)
  echo mounts $(wc -l </proc/1/mountinfo)
  echo cgroups $(find /sys/fs/cgroup -type d 2>/dev/null | wc -l)
  echo units $(systemctl list-units --all --no-legend --plain 2>/dev/null | wc -l)
  echo runFiles $(find /run/left4me -xdev ! -path '*/locks/*' 2>/dev/null | wc -l)
  echo temporaryFiles $(find /var/lib/left4me/tmp -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)
  true`;

/** Looks at a host. @param began when its life began, by `performance.now()` */
export async function takeSample(host: BootingHost, began: number): Promise<Sample> {
  const text = await host.sh(script);
  const figures = text
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([name = "", value = ""]): [string, number][] => (Number.isFinite(Number.parseFloat(value)) ? [[name, Number(value)]] : []));
  return { seconds: Math.round((performance.now() - began) / 1000), ...Object.fromEntries(figures) };
}
