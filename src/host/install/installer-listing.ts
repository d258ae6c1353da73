import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { HostError } from "../../domain/host-error.ts";
import { type ArchiveLimits, defaultArchiveLimits } from "../unpack/archive-limits.ts";

const pieceBytes = 256 * 1024;

/** PATH_MAX. */
const longestPath = 4096;

/**
 * Reads what an installer saw at its end: paths ended by NUL.
 *
 * The file is a stranger's: it is read in pieces, and nothing in it costs more than an archive of that size may. What it leaves out
 * of the game would be taken for deleted, so that half of one must not pass: an empty one, and one that does not end with NUL,
 * is refused.
 * @throws HostError INSTALL_INCOMPLETE
 */
export async function readListing(
  path: string,
  limits: Pick<ArchiveLimits, "entries" | "nameCharacters"> = defaultArchiveLimits,
): Promise<Set<string>> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) throw incomplete(path, "is missing");
  try {
    const found = await file.stat();
    if (!found.isFile()) throw incomplete(path, "is no file");
    if (found.size > 4 * limits.nameCharacters) throw incomplete(path, "is too large");
    const paths = new Set<string>();
    let characters = 0;
    for await (const name of namesIn(file, path)) {
      paths.add(name);
      characters += name.length;
      if (paths.size > limits.entries || characters > limits.nameCharacters) throw incomplete(path, "has too many paths");
    }
    if (paths.size === 0) throw incomplete(path, "is empty");
    return paths;
  } finally {
    await file.close();
  }
}

/** Each piece is a turn of the event loop's. */
async function* namesIn(file: FileHandle, shown: string): AsyncGenerator<string> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  let held = Buffer.alloc(0);
  while (true) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    const bytes = Buffer.concat([held, buffer.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
      if (end === start || end - start > longestPath) throw incomplete(shown, "has a path that is none");
      yield bytes.toString("utf8", start, end);
      start = end + 1;
    }
    held = Buffer.from(bytes.subarray(start));
    if (held.length > longestPath) throw incomplete(shown, "has a path that is none");
  }
  if (held.length > 0) throw incomplete(shown, "is cut off");
}

function incomplete(path: string, problem: string): HostError {
  return new HostError("INSTALL_INCOMPLETE", `the installer's list of files (${path}) ${problem}; install again`, {
    metadata: { missing: path },
  });
}
