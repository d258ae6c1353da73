import { closeSync, readdirSync, writeSync } from "node:fs";

const separator = Buffer.from("/");
const end = Buffer.from([0]);
const pieceBytes = 256 * 1024;

/** Writes every path below `game`, each ended by NUL, to `descriptor`, and closes it. Names are bytes: not all are UTF-8. */
export function writeListing(game: string, descriptor: number): void {
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = () => {
    for (let rest = Buffer.concat(waiting); rest.length > 0; ) rest = rest.subarray(writeSync(descriptor, rest));
    waiting = [];
    bytes = 0;
  };
  try {
    for (const path of pathsBelow(Buffer.from(game), Buffer.alloc(0))) {
      waiting.push(path, end);
      bytes += path.length + 1;
      if (bytes > pieceBytes) flush();
    }
    flush();
  } finally {
    closeSync(descriptor);
  }
}

/** Links are listed and not followed. */
function* pathsBelow(directory: Buffer, prefix: Buffer): Generator<Buffer> {
  for (const entry of readdirSync(directory, { withFileTypes: true, encoding: "buffer" })) {
    const path = prefix.length === 0 ? entry.name : Buffer.concat([prefix, separator, entry.name]);
    yield path;
    if (entry.isDirectory()) yield* pathsBelow(Buffer.concat([directory, separator, entry.name]), path);
  }
}
