import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type InstallerEvent, installerEventSchema, longestEvent, mostEventBytes } from "../../domain/installer-agreement.ts";
import { errorCode } from "../files/disk-full.ts";

/** How often the file is looked at while the installer runs, in milliseconds. */
const lookMs = 100;

/**
 * Yields an installer's events from the first one on, and goes on while it runs.
 *
 * The file is a stranger's: it is opened without following a link or waiting for a FIFO, read in pieces up to a limit, and what
 * is no event is passed over. Its last line counts only with its line break.
 * @param isOver whether the installer has ended: then what is there is the end
 * @throws the signal's reason
 */
export async function* installerEvents(path: string, isOver: () => boolean, signal: AbortSignal): AsyncGenerator<InstallerEvent> {
  const file = await openWhenThere(path, isOver, signal);
  if (file === undefined) return;
  try {
    const lines = new EventLines();
    const buffer = Buffer.allocUnsafe(longestEvent);
    for (let total = 0; total < mostEventBytes && !lines.isTooLong; ) {
      signal.throwIfAborted();
      const wasOver = isOver(); // before the read: it may write its last event, and then end
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      total += bytesRead;
      for (const line of lines.add(buffer.subarray(0, bytesRead))) {
        const event = parsed(line);
        if (event !== undefined) yield event;
      }
      if (bytesRead > 0) continue;
      if (wasOver) return;
      await sleep(lookMs, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  } finally {
    await file.close();
  }
}

async function openWhenThere(path: string, isOver: () => boolean, signal: AbortSignal): Promise<FileHandle | undefined> {
  while (true) {
    const wasOver = isOver();
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if ((await file.stat()).isFile()) return file;
      await file.close();
      return undefined;
    } catch (error) {
      if (errorCode(error) !== "ENOENT") return undefined;
    }
    if (wasOver) return undefined;
    await sleep(lookMs, undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
  }
}

/** Cuts bytes into lines, until one is longer than an event may be. */
class EventLines {
  isTooLong = false;
  #held = Buffer.alloc(0);

  *add(bytes: Buffer): Generator<string> {
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      const line = Buffer.concat([this.#held, bytes.subarray(start, end)]);
      this.#held = Buffer.alloc(0);
      this.isTooLong = line.length > longestEvent;
      if (this.isTooLong) return;
      yield line.toString("utf8");
      start = end + 1;
    }
    this.#held = Buffer.concat([this.#held, bytes.subarray(start)]);
    this.isTooLong = this.#held.length > longestEvent;
  }
}

function parsed(line: string): InstallerEvent | undefined {
  try {
    return installerEventSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
