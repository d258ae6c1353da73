import { writeSync } from "node:fs";
import { isatty } from "node:tty";

/** As the C library does for the real one: what is no terminal gets its output in pieces of so many bytes, and a crash loses the rest. */
const bufferBytes = isatty(1) ? 0 : 4096;
let buffered = Buffer.alloc(0);
process.on("exit", flush);

export function print(text) {
  write(Buffer.from(`${text}\n`));
}

/** These bytes and nothing else. */
export function write(bytes) {
  buffered = Buffer.concat([buffered, bytes]);
  if (buffered.length >= bufferBytes) flush();
}

/** To standard error, which nothing buffers. */
export function writeError(bytes) {
  writeOut(bytes, 2);
}

function flush() {
  const bytes = buffered;
  buffered = Buffer.alloc(0);
  writeOut(bytes, 1);
}

/** A reader that is slow (EAGAIN) or gone (EPIPE, and EIO for a terminal) must not cost a line or a trace. */
function writeOut(bytes, descriptor) {
  for (let rest = bytes; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (error.code === "EPIPE" || error.code === "EIO") process.exit(141);
      if (error.code !== "EAGAIN") throw error;
      pause(5);
    }
  }
}

/** Blocks: the stand-in does one thing at a time. Signals end it all the same. */
export function pause(milliseconds) {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
