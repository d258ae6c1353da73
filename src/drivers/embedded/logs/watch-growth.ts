import { type FSWatcher, watch } from "node:fs";

/** At most so often, in milliseconds, a growing file is looked at. */
const intervalMs = 10;

/**
 * Calls `look` soon after a file has grown: at once after a pause, else every 10 ms. Where inotify has no watch left it
 * looks every 10 ms anyway.
 * @returns what ends the watching
 */
export function watchGrowth(path: string, look: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  const rest = () => {
    timer = undefined;
    if (isDue) grown();
  };
  const grown = () => {
    isDue = timer !== undefined;
    if (isDue) return;
    timer = setTimeout(rest, intervalMs);
    look();
  };
  const unwatch = watchFile(path, grown, look);
  return () => {
    clearTimeout(timer);
    timer = undefined;
    isDue = false;
    unwatch();
  };
}

function watchFile(path: string, grown: () => void, look: () => void): () => void {
  let watcher: FSWatcher;
  try {
    watcher = watch(path, grown);
  } catch {
    const poll = setInterval(look, intervalMs);
    return () => clearInterval(poll);
  }
  watcher.on("error", () => {});
  return () => watcher.close();
}
