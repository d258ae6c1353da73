import { writeSync } from "node:fs";

const STDOUT = 1;
let readerGone = false;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Prints one line. It has left this process when the call returns: a log that arrives in lumps, or that
 * loses its end in a crash, is no use to whoever follows it.
 * @param {string} line
 */
export function print(line) {
  writeBytes(Buffer.from(`${line}\n`));
}

/**
 * Writes bytes to stdout as they are.
 * @param {Uint8Array} bytes
 */
export function writeBytes(bytes) {
  let offset = 0;
  while (offset < bytes.length && !readerGone) {
    try {
      offset += writeSync(STDOUT, bytes, offset);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === "EAGAIN") {
        // A pipe that its other end made non-blocking is full: wait, as a blocking one would.
        Atomics.wait(pause, 0, 0, 2);
        continue;
      }
      // Whoever read the console has left: the game goes on without one, as the real one does.
      if (code === "EPIPE") readerGone = true;
      // Anything else (a full disk under a log file) costs this line only.
      return;
    }
  }
}
