import { realpathSync } from "node:fs";
import { basename } from "node:path";
import { type Bind, exec } from "../../test/hosts/host.ts";
import { inGuest, prepareDaemon } from "../../test/hosts/prepared-daemon.ts";
import { inHost } from "../../test/hosts/prepared-host.ts";

/**
 * Boots a test host with the bundled daemon as left4me-hostd.service, runs a measurement in it (in-guest.ts) and returns its figures.
 *
 * @throws Error with what the measurement wrote to its standard error
 */
export async function measureInHost<Figures>(measurement: string, runs: number): Promise<Figures> {
  const host = await prepareDaemon(`bench-${measurement}`, "dbus", pythonBinds());
  try {
    const program = `${inGuest.repository}/bench/systemd/in-guest.ts`;
    const { code, stdout, stderr } = await exec(host.name, [inHost.node, program, measurement, String(runs)]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Figures;
  } finally {
    await host.end();
  }
}

/** This machine's Python for the older layout's helper; test hosts have none. */
export function pythonBinds(): Bind[] {
  const program = realpathSync("/usr/bin/python3");
  const library = `/usr/lib/${basename(program)}`;
  return [
    { source: program, target: "/usr/bin/python3" },
    { source: library, target: library },
  ];
}
