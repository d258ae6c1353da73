import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const manifest = "steamapps/appmanifest_222860.acf";
/** Which files of which build each platform's run has installed; the real one keeps manifests of its depots for that. */
const record = "steamapps/depots_222860.json";

export function readInstalled(directory) {
  try {
    readFileSync(join(directory, manifest));
    return JSON.parse(readFileSync(join(directory, record), "utf8"));
  } catch {
    return {};
  }
}

export function hasManifest(directory) {
  try {
    return readFileSync(join(directory, manifest)).length > 0;
  } catch {
    return false;
  }
}

export function writeInstalled(directory, installed) {
  write(join(directory, record), JSON.stringify(installed));
}

export function removeManifest(directory) {
  rmSync(join(directory, manifest), { force: true });
}

export function writeManifest(directory, { buildId, stateFlags, sizeBytes }) {
  const values = {
    appid: "222860",
    Universe: "1",
    name: "Left 4 Dead 2 Dedicated Server",
    StateFlags: String(stateFlags),
    installdir: "Left 4 Dead 2 Dedicated Server",
    LastUpdated: String(Math.floor(Date.now() / 1000)),
    SizeOnDisk: String(sizeBytes),
    buildid: buildId,
  };
  const lines = Object.entries(values).map(([key, value]) => `\t"${key}"\t\t"${value}"`);
  write(join(directory, manifest), `"AppState"\n{\n${lines.join("\n")}\n}\n`);
}

/** As the real one: a new file takes the place of the old. */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, text);
}
