import { createHash, hash } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, type FileHandle, lchown, mkdir, open, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { refuseEntry } from "./archive-refused.ts";
import { BoundedWork } from "./bounded-work.ts";
import { errorCode } from "./disk-full.ts";
import type { TreeEntryType, TreeLedger } from "./tree-ledger.ts";
import { directoryMode, fileMode, type TreeOwner } from "./tree-owner.ts";

// Nothing existing is ever opened, and no link followed; the target is private besides (its parent is 0700).
const creating = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Larger files are written as they arrive; smaller ones side by side (measured: 100 000 in half the time). */
const smallFileBytes = 256 * 1024;
const bounds = { jobs: 16, bytes: 16 * 2 ** 20 };

/**
 * Writes checked entries below `target`, with normalised modes, and enters them into the ledger.
 *
 * The ledger, not the disk, says what is where: the target was empty and is nobody else's.
 */
export class TreeWriter {
  readonly #target: string;
  readonly #ledger: TreeLedger;
  readonly #owner: TreeOwner | undefined;
  readonly #work = new BoundedWork(bounds);
  /** Directories that are being made; files in them wait. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(target: string, ledger: TreeLedger, owner: TreeOwner | undefined) {
    this.#target = target;
    this.#ledger = ledger;
    this.#owner = owner;
  }

  async directory(path: string): Promise<void> {
    if (path === "") return;
    await this.#claim(path, "directory");
    if (this.#ledger.typeOf(path) === undefined) await this.#makeDirectory(path);
  }

  async symlink(path: string, target: string): Promise<void> {
    await this.#claim(path, "symlink");
    this.#ledger.addSymlink(path, target);
    await this.#work.add(0, async () => {
      await this.#parentOf(path);
      await symlink(target, this.#absolute(path)).catch(nameRefused(path));
      if (this.#owner !== undefined) await lchown(this.#absolute(path), this.#owner.uid, this.#owner.gid);
    });
  }

  /** @param chunks exactly `sizeBytes` bytes */
  async file(path: string, executable: boolean, sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    // Before its content arrives: a declared size is reason enough to refuse.
    this.#ledger.reserve(sizeBytes);
    await this.#claim(path, "file");
    if (sizeBytes > smallFileBytes) return this.#largeFile(path, executable, sizeBytes, chunks);
    const content = await collect(chunks);
    this.#ledger.addFile(path, { executable, sizeBytes, sha256: hash("sha256", content) });
    await this.#work.add(sizeBytes, () => this.#create(path, executable, (handle) => handle.writeFile(content)));
  }

  /** A hard link becomes a copy: an in-place change of one name must not reach the other. */
  async copy(path: string, source: string): Promise<void> {
    const file = this.#ledger.file(source);
    if (file === undefined) throw refuseEntry(path, "is a hard link to what is no earlier regular file of the archive");
    if (source === path) throw refuseEntry(path, "is a hard link to itself");
    this.#ledger.reserve(file.sizeBytes);
    await this.#claim(path, "file");
    await this.#work.settle();
    this.#ledger.addFile(path, file);
    await this.#parentOf(path);
    await copyFile(this.#absolute(source), this.#absolute(path), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const handle = await open(this.#absolute(path), constants.O_RDONLY | constants.O_NOFOLLOW);
    await this.#finish(handle, file.executable);
  }

  /** Waits for everything that is under way; afterwards nothing more is written. */
  async settle(): Promise<void> {
    await this.#work.settle();
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
    await this.#work.settle();
    await unlink(this.#absolute(path));
    this.#ledger.forget(path);
  }

  async #makeDirectory(path: string): Promise<void> {
    this.#ledger.addDirectory(path);
    const made = this.#mkdir(path);
    this.#making.set(path, made);
    made.catch(() => {});
    await this.#work.add(0, () => made.finally(() => this.#making.delete(path)));
  }

  async #mkdir(path: string): Promise<void> {
    await this.#parentOf(path);
    await mkdir(this.#absolute(path), directoryMode).catch(nameRefused(path));
    await chmod(this.#absolute(path), directoryMode);
    if (this.#owner !== undefined) await lchown(this.#absolute(path), this.#owner.uid, this.#owner.gid);
  }

  async #largeFile(path: string, executable: boolean, sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const digest = createHash("sha256");
    await this.#create(path, executable, async (handle) => {
      let writing: Promise<unknown> = Promise.resolve();
      for await (const chunk of chunks) {
        // The hash of one chunk is taken while the one before is being written.
        digest.update(chunk);
        await writing;
        writing = handle.writeFile(chunk);
        writing.catch(() => {});
      }
      await writing;
    });
    this.#ledger.addFile(path, { executable, sizeBytes, sha256: digest.digest("hex") });
  }

  async #create(path: string, executable: boolean, write: (handle: FileHandle) => Promise<void>): Promise<void> {
    await this.#parentOf(path);
    const handle = await open(this.#absolute(path), creating, fileMode(executable)).catch(nameRefused(path));
    try {
      await write(handle);
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

  async #parentOf(path: string): Promise<void> {
    await this.#making.get(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  }

  #absolute(path: string): string {
    return join(this.#target, path);
  }
}

const nouns = { directory: "directory", symlink: "symbolic link", file: "file" } as const satisfies Record<TreeEntryType, string>;

/** Names within our limits may still be too long for the file system (with the target's own path before them). */
function nameRefused(path: string): (error: unknown) => never {
  return (error) => {
    throw errorCode(error) === "ENAMETOOLONG" ? refuseEntry(path, "has a name that is too long for the file system") : error;
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
