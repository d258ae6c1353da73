import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

/** A host with three pages of instances, and one of everything else. */
export async function namedHost() {
  const pages: Readonly<Record<string, { instances: object[]; nextPageToken?: string }>> = {
    "": { instances: [{ name: "alpha", labels: { mode: "versus" } }, { name: "beta" }], nextPageToken: "2" },
    "2": { instances: [{ name: "gamma", labels: { mode: "versus", owner: "me" } }], nextPageToken: "3" },
    "3": { instances: [{ name: "alpine" }] },
  };
  return await startSocketHost({
    instances: {
      listInstances: ({ pageToken }) => pages[pageToken] ?? {},
      listArchives: ({ name }) => ({ archives: name === "alpha" ? [{ id: "20261129T101500Z-1a2b" }] : [] }),
    },
    installation: { listBuilds: () => ({ builds: [{ id: "b1" }] }), getInstallation: () => ({ job: { id: "j1" } }) },
    host: { listOverlays: () => ({ overlays: [{ ref: "standard" }, { ref: "users/42/custom" }] }) },
  });
}

/** The file in which each shell looks for the completion of `l4d2ctl`. */
const scriptNames = { bash: "completion.bash", zsh: "_l4d2ctl", fish: "l4d2ctl.fish" } as const;

/**
 * Puts the completion script for a shell into a directory, and an `l4d2ctl` that gives the host the time which a busy machine needs.
 *
 * @returns the script's path, and the environment for the shell
 */
export async function installCompletion(directory: string, shell: keyof typeof scriptNames) {
  const launcher = fileURLToPath(new URL("../../../bin/l4d2ctl", import.meta.url));
  await writeFile(join(directory, "l4d2ctl"), `#!/bin/sh\nexec "${launcher}" --timeout 30s "$@"\n`, { mode: 0o755 });
  const path = join(directory, scriptNames[shell]);
  await writeFile(path, (await run(["completion", shell])).out);
  return { path, env: { ...process.env, PATH: `${directory}:${process.env["PATH"]}` } };
}
