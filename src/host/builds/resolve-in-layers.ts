import { readlink } from "node:fs/promises";
import { findInLayers, type SeenEntry } from "./layer-view.ts";

/** As the kernel has it, see path_resolution(7). */
const mostLinks = 40;

/** What a stack shows at a path when its links are followed; undefined where it shows nothing, or a link leads out of the stack. */
export async function resolveInLayers(layers: readonly string[], path: string): Promise<SeenEntry | undefined> {
  let place: string[] = [];
  let steps = path.split("/");
  for (let links = 0; steps.length > 0; ) {
    const [step = "", ...rest] = steps;
    steps = rest;
    if (step === "" || step === ".") continue;
    if (step === "..") {
      if (place.length === 0) return undefined;
      place = place.slice(0, -1);
      continue;
    }
    const found = await findInLayers(layers, [...place, step].join("/"));
    if (found === undefined) return undefined;
    if (found.type !== "symlink") place.push(step);
    else {
      links += 1;
      const target = await readlink(found.source);
      if (target.startsWith("/") || links > mostLinks) return undefined;
      steps = [...target.split("/"), ...rest];
    }
  }
  return findInLayers(layers, place.join("/"));
}
