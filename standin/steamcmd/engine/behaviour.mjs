import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The directory of steamcmd.sh. */
export const ownDirectory = join(import.meta.dirname, "..");

const defaults = {
  build_id: "14130416",
  content: undefined,
  files: {},
  big_files: [],
  bin_node: false,
  exclusive_platforms: false,
  accounts: {},
  decimal: ".",
  self_update: false,
  download_ms: 0,
  missing_configuration_after_update: true,
  failures: [],
};

/** What it is to do: LEFT4ME_SIM_STEAMCMD (a file, or the JSON itself), else behaviour.json beside steamcmd.sh, else nothing special. */
export function readBehaviour() {
  const given = process.env.LEFT4ME_SIM_STEAMCMD ?? "";
  const text = given.startsWith("{") ? given : textOf(given === "" ? join(ownDirectory, "behaviour.json") : given, given === "");
  const behaviour = { ...defaults, ...JSON.parse(text) };
  if (behaviour.failure !== undefined) behaviour.failures = [behaviour, ...behaviour.failures];
  return behaviour;
}

function textOf(path, mayBeAbsent) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (mayBeAbsent && error.code === "ENOENT") return "{}";
    throw error;
  }
}
