import { exec, sh } from "./host.ts";

/** Properties of a unit, as `systemctl show` prints them. */
export async function show(host: string, unit: string, ...properties: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const text = await sh(host, `systemctl show ${properties.map((name) => `-p ${name}`).join(" ")} '${unit}'`);
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** Waits in the host until a shell condition holds; rejects after `seconds`. */
export async function until(host: string, condition: string, seconds = 120): Promise<void> {
  const script = `for ((i = 0; i < ${seconds * 20}; i++)); do if ${condition}; then exit 0; fi; sleep 0.05; done; exit 1`;
  const { code, stderr } = await exec(host, ["bash", "-c", script]);
  if (code !== 0) throw new Error(`not within ${seconds} s: ${condition}\n${stderr}`);
}

/** A condition for {@link until}: a property of a unit has this value. */
export function property(unit: string, name: string, value: string): string {
  return `[[ $(systemctl show -P ${name} '${unit}') == '${value}' ]]`;
}

/** The same of several properties at one moment. */
export function properties(unit: string, values: Readonly<Record<string, string>>): string {
  const options = Object.keys(values).map((name) => `-p ${name}`);
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value} `);
  return `[[ $(systemctl show ${options.join(" ")} '${unit}' | sort | tr '\\n' ' ') == '${lines.sort().join("")}' ]]`;
}

/** A script that fails when a process of the host still sees a mount of an instance. */
export const noMounts = `! cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -q ' /var/lib/left4me/runtime/'`;

/** Waits until neither a mount nor an active unit of an instance is left. */
export async function untilNothingIsLeft(host: string, name: string): Promise<void> {
  await until(host, `! systemctl is-active -q 'left4me-server@${name}' 'left4me-overlay@${name}' && ${noMounts}`);
}

/** What left4me-overlay said of its last failure, as the daemon reads it: the invocation's id, then the text. */
export async function failure(
  host: string,
  verb: "mount" | "umount" | "wipe" | "restore" | "drop",
  name: string,
): Promise<{ invocation: string; text: string }> {
  const content = await sh(host, `runuser -u left4me -- cat '/run/left4me/failures/${verb}@${name}'`);
  const end = content.indexOf("\n");
  return { invocation: content.slice(0, content.indexOf(" ")), text: content.slice(end + 1).trim() };
}

/** Starts an instance; rejects with what the helper said. */
export async function start(host: string, name: string): Promise<void> {
  const { code, stderr } = await exec(host, ["systemctl", "start", `left4me-server@${name}`]);
  if (code === 0) return;
  const said = await failure(host, "mount", name).then(
    ({ text }) => text,
    () => "",
  );
  throw new Error(`left4me-server@${name} did not start: ${stderr}${said}`);
}

/** Stops an instance and waits for the unmount, as the daemon does. Does not care whether it succeeded. */
export async function stop(host: string, name: string): Promise<void> {
  await exec(host, ["systemctl", "stop", `left4me-server@${name}`, `left4me-overlay@${name}`]);
}
