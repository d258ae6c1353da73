import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ownDirectory } from "./behaviour.mjs";

/** Whether a file of the stand-in game belongs to its Linux version only. */
const forLinux = /^(?:srcds_run|srcds_linux|standin-engine\/|bin\/node$)/;

/**
 * The files of the remote build for one platform, by path: `bytes()` yields their content in pieces.
 *
 * The stand-in game, `files` and `big_files` of the behaviour, and some that depend on the build: one that changes with it, one whose name does, and
 * a directory that an update makes anew.
 */
export function remoteContent(behaviour, platform) {
  const content = new Map();
  const add = (path, text, executable = false) =>
    content.set(path, { executable, size: Buffer.byteLength(text), bytes: () => [Buffer.from(text)] });
  addTree(content, contentDirectory(behaviour), platform);
  const build = behaviour.build_id;
  add("left4dead2/scripts/build.txt", `build ${build}\n`);
  add(`left4dead2/maps/only-in-${build}.txt`, `a map of build ${build}\n`);
  add("left4dead2/particles/particles.txt", "particles\n");
  if (platform === "windows") {
    add("srcds.exe", `MZ stand-in for srcds.exe of build ${build}\n`, true);
    add("bin/engine.dll", `MZ stand-in for engine.dll of build ${build}\n`);
  }
  if (platform === "linux" && behaviour.bin_node) addFile(content, "bin/node", process.execPath, true);
  for (const [path, text] of Object.entries(behaviour.files)) {
    if (text === null) content.delete(path);
    else add(path, text);
  }
  for (const { path, bytes } of behaviour.big_files)
    content.set(path, { executable: false, size: bytes, bytes: () => pattern(`${build} ${path}`, bytes) });
  return content;
}

/** A path that an update removes with all that is in it, and then makes anew. */
export const recreated = "left4dead2/particles";

function contentDirectory({ content }) {
  const places = [content, process.env.LEFT4ME_SIM_STEAMCMD_CONTENT, join(ownDirectory, "content"), join(ownDirectory, "../tree")];
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (found === undefined) throw new Error(`the stand-in has no game to install: looked at ${places.join(", ")}`);
  return found;
}

function addTree(content, tree, platform) {
  for (const path of globSync("**/*", { cwd: tree }).sort()) {
    if (path.startsWith("steamapps") || !statSync(join(tree, path)).isFile()) continue;
    if (platform === "windows" && forLinux.test(path)) continue;
    addFile(content, path, join(tree, path), (statSync(join(tree, path)).mode & 0o100) !== 0);
  }
}

function addFile(content, path, source, executable) {
  content.set(path, { executable, size: statSync(source).size, bytes: () => [readFileSync(source)] });
}

function* pattern(seed, size) {
  const piece = Buffer.alloc(Math.min(size, 1024 * 1024), `${seed}\n`);
  for (let left = size; left > 0; left -= piece.length) yield piece.subarray(0, left);
}
