import { createHash, hash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../files/disk-full.ts";
import { directoryMode, fileMode, type TreeOwner } from "../files/tree-owner.ts";
import { refuseEntry } from "./archive-refused.ts";
import { BatchRunner, errorOf } from "./batch-runner.ts";
import type { TreeBatch, TreeChange } from "./tree-batch.ts";
import type { TreeEntryType, TreeLedger } from "./tree-ledger.ts";

const creating = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Larger files are written as they arrive, by this thread. */
const smallFileBytes = 256 * 1024;
const batchBytes = 1024 * 1024;
const batchChanges = 256;

/**
 * Writes checked entries below `target`, with normalised modes, and enters them into the ledger.
 *
 * The ledger, not the disk, says what is where: the target was empty and is nobody else's. Small things are collected into
 * batches, which are applied in order while the next ones are read.
 */
export class TreeWriter {
  readonly #target: string;
  readonly #ledger: TreeLedger;
  readonly #owner: TreeOwner | undefined;
  readonly #runner: BatchRunner;
  #changes: TreeChange[] = [];
  #contents: Uint8Array[] = [];
  #bytes = 0;

  constructor(target: string, ledger: TreeLedger, owner: TreeOwner | undefined) {
    this.#target = target;
    this.#ledger = ledger;
    this.#owner = owner;
    this.#runner = new BatchRunner({ target, owner, directoryMode });
  }

  /** @param path "" is the target itself */
  async directory(path: string): Promise<void> {
    if (path === "") return;
    await this.#claim(path, "directory");
    if (this.#ledger.typeOf(path) === undefined) await this.#makeDirectory(path);
  }

  async symlink(path: string, target: string): Promise<void> {
    await this.#claim(path, "symlink");
    this.#ledger.addSymlink(path, target);
    await this.#change({ type: "symlink", path, target });
  }

  /** @param chunks exactly `sizeBytes` bytes */
  async file(path: string, executable: boolean, sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    // Before its content arrives: a declared size is reason enough to refuse.
    this.#ledger.reserve(sizeBytes);
    await this.#claim(path, "file");
    if (sizeBytes > smallFileBytes) return await this.#largeFile(path, executable, sizeBytes, chunks);
    const content = await collect(chunks);
    this.#ledger.addFile(path, { executable, sizeBytes, sha256: hash("sha256", content) });
    this.#contents.push(content);
    this.#bytes += sizeBytes;
    await this.#change({ type: "file", path, mode: fileMode(executable), sizeBytes });
  }

  /** A hard link becomes a copy: an in-place change of one name must not reach the other. */
  async copy(path: string, source: string): Promise<void> {
    const file = this.#ledger.file(source);
    if (file === undefined) throw refuseEntry(path, "is a hard link to what is no earlier regular file of the archive");
    if (source === path) throw refuseEntry(path, "is a hard link to itself");
    this.#ledger.reserve(file.sizeBytes);
    await this.#claim(path, "file");
    // From here on this thread writes, behind everything before.
    await this.flush();
    this.#ledger.addFile(path, file);
    await copyFile(this.#absolute(source), this.#absolute(path), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await this.#finish(await open(this.#absolute(path), constants.O_RDONLY | constants.O_NOFOLLOW), file.executable);
  }

  /** Writes what is still collected and waits for everything. */
  async flush(): Promise<void> {
    await this.#runner.flush(this.#takeBatch());
  }

  /** Waits until nothing is being written any more, whether it failed or not. To be called in any case. */
  async close(): Promise<void> {
    await this.#runner.settle().catch(() => {});
    await this.#runner.close();
  }

  /** Makes way for an entry: its parents are directories, and an earlier one of the same name and type gives place. */
  async #claim(path: string, type: TreeEntryType): Promise<void> {
    for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
      const parent = path.slice(0, slash);
      const found = this.#ledger.typeOf(parent);
      if (found === undefined) await this.#makeDirectory(parent);
      else if (found !== "directory") throw refuseEntry(path, `lies below ${JSON.stringify(parent)}, which is a ${nouns[found]}`);
    }
    const earlier = this.#ledger.typeOf(path);
    if (earlier === undefined || (earlier === "directory" && type === "directory")) return;
    if (earlier !== type) throw refuseEntry(path, `is a ${nouns[type]}, but was a ${nouns[earlier]} earlier in the archive`);
    this.#ledger.forget(path);
    await this.#change({ type: "remove", path });
  }

  async #makeDirectory(path: string): Promise<void> {
    this.#ledger.addDirectory(path);
    await this.#change({ type: "directory", path });
  }

  async #change(change: TreeChange): Promise<void> {
    this.#changes.push(change);
    if (this.#bytes >= batchBytes || this.#changes.length >= batchChanges) await this.#runner.add(this.#takeBatch());
  }

  #takeBatch(): TreeBatch {
    const batch = { changes: this.#changes, content: joined(this.#contents, this.#bytes) };
    this.#changes = [];
    this.#contents = [];
    this.#bytes = 0;
    return batch;
  }

  async #largeFile(path: string, executable: boolean, sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.flush();
    const handle = await open(this.#absolute(path), creating, fileMode(executable)).catch((error: Error) => {
      throw errorOf({ path, code: errorCode(error), message: error.message });
    });
    try {
      this.#ledger.addFile(path, { executable, sizeBytes, sha256: await writeHashed(handle, chunks) });
    } catch (error) {
      await handle.close();
      throw error;
    }
    await this.#finish(handle, executable);
  }

  /** Gives mode and owner, exactly and through the descriptor, and closes. */
  async #finish(handle: FileHandle, executable: boolean): Promise<void> {
    try {
      if (this.#owner !== undefined) await handle.chown(this.#owner.uid, this.#owner.gid);
      await handle.chmod(fileMode(executable));
    } finally {
      await handle.close();
    }
  }

  #absolute(path: string): string {
    return join(this.#target, path);
  }
}

const nouns = { directory: "directory", symlink: "symbolic link", file: "file", whiteout: "whiteout" } as const satisfies Record<
  TreeEntryType,
  string
>;

/** @returns the content's SHA-256; one chunk is hashed while the one before is being written */
async function writeHashed(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = createHash("sha256");
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      digest.update(chunk);
      await writing;
      writing = handle.writeFile(chunk);
      // It is looked at when the next chunk is there; until then a failure must not count as unhandled.
      writing.catch(() => {});
    }
  } finally {
    await writing;
  }
  return digest.digest("hex");
}

/** In memory of its own, so that it can be handed to another thread (a Buffer may be part of a shared pool). */
function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
