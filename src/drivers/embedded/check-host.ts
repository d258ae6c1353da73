import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EmbeddedSettings } from "./embedded-options.ts";
import { embeddedDirectory, instancePaths } from "./instance-paths.ts";
import { launch } from "./launch.ts";
import { diagnose, missingProgram, unavailable } from "./unavailable.ts";
import { Trash } from "./upper/trash.ts";

/** What the trial's game must print: it was executed from the stack, has no capability, and can write there. */
const expected = /^CapEff:\s+0+$\n^written$/m;

const script = `#!/bin/sh
grep ^CapEff: /proc/self/status
echo written >file && cat file
`;

/**
 * Runs a trial game below LEFT4ME_ROOT, in every way as a real one runs.
 * @throws HostError DRIVER_UNAVAILABLE with `metadata.problem` and the cure
 */
export async function checkHost(settings: EmbeddedSettings): Promise<void> {
  if (process.platform !== "linux") throw unavailable("not-linux", "games run on Linux only", "use a Linux host, or `npm start -- --fake`");
  const missing = missingProgram();
  if (missing !== undefined) throw missing;
  const found = await trialWithOrWithoutProc(settings);
  if (!expected.test(found)) throw diagnose(settings, new Error(`the trial printed ${JSON.stringify(found.slice(0, 300))}`));
}

/** A container that masks parts of /proc lets nobody mount another; then games keep the old one. */
async function trialWithOrWithoutProc(settings: EmbeddedSettings): Promise<string> {
  try {
    return await trial(settings);
  } catch (error) {
    if (!/mount \/proc failed/.test(String(error))) throw diagnose(settings, error);
  }
  settings.quirks.mountsProc = false;
  try {
    return await trial(settings);
  } catch (error) {
    throw diagnose(settings, error);
  }
}

/** Returns what the trial's game printed. */
async function trial(settings: EmbeddedSettings): Promise<string> {
  mkdirSync(embeddedDirectory(settings.root), { recursive: true, mode: 0o700 });
  const root = mkdtempSync(join(embeddedDirectory(settings.root), ".check-"));
  const trash = new Trash({ ...settings, root });
  try {
    const layer = join(root, "layer");
    mkdirSync(layer);
    writeFileSync(join(layer, "trial"), script, { mode: 0o755 });
    const paths = instancePaths(root, "trial");
    mkdirSync(paths.state, { recursive: true });
    const log = join(root, "log");
    const target = { layers: [layer], managedFiles: [], argv: ["./trial"] };
    const { tree } = await launch({ paths, target, invocationId: "trial", log }, settings, AbortSignal.timeout(20_000));
    await tree.ended;
    return readFileSync(log, "utf8");
  } finally {
    const { runtime } = instancePaths(root, "trial");
    trash.discard([runtime]);
    await trash.settled();
    rmSync(root, { recursive: true, force: true });
  }
}
