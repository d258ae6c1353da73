import { readFileSync } from "node:fs";

/** @type {{ version: string, revision: string } | undefined} */
let known;

/**
 * The game's version from its steam.inf, as the engine reads it: after a switch of builds `status` and A2S tell which
 * one runs.
 * @param {import("./game.mjs").Game} game
 */
export function readVersion(game) {
  known ??= parse(game.folder);
  return known;
}

/** @param {string} folder */
function parse(folder) {
  let text = "";
  try {
    text = readFileSync(`${folder}/steam.inf`, "utf8");
  } catch {
    // A tree without the file still plays, with a version that nobody mistakes for a real one.
  }
  const field = (/** @type {string} */ name) => new RegExp(`^${name}=(.*?)\\s*$`, "m").exec(text)?.[1] ?? "0";
  return { version: field("PatchVersion"), revision: field("SourceRevision") };
}
