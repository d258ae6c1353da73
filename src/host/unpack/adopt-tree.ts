import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { chmod, type FileHandle, lchown, lstat, open, readdir, readlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { syncTree } from "../files/sync-tree.ts";
import { directoryMode, fileMode, isExecutable, type TreeOwner } from "../files/tree-owner.ts";
import { type ArchiveLimits, defaultArchiveLimits } from "./archive-limits.ts";
import { refuseEntry } from "./archive-refused.ts";
import { BoundedWork } from "./bounded-work.ts";
import { checkLinkTarget, entryPath } from "./entry-path.ts";
import { type TreeFile, TreeLedger, type TreeSummary } from "./tree-ledger.ts";

const wholeBytes = 256 * 1024;
const bounds = { jobs: 16, bytes: 16 * 2 ** 20 };

/** What {@link adoptTree} may be told. */
export type AdoptOptions = {
  readonly limits?: Partial<ArchiveLimits> | undefined;
  readonly owner?: TreeOwner | undefined;
  /** Takes the entries. Default: one of its own. */
  readonly ledger?: TreeLedger;
  /** Whether the tree is a layer over others, so that whiteouts (character devices 0/0) belong to it. Default: false. */
  readonly isLayer?: boolean;
  /** Whether a file is the same below this layer: then it is removed from it. Default: none is. */
  readonly isBelow?: (path: string, file: TreeFile) => Promise<boolean>;
};

/**
 * Does to a directory that is already there what `extractArchive` does to an archive: the same checks, modes, owner and
 * digest, and everything on the disk at the end. Nobody else may write to it meanwhile.
 *
 * @throws HostError UPLOAD_REFUSED for what an archive would be refused for, and for files with further hard links elsewhere
 */
export async function adoptTree(tree: string, options: AdoptOptions = {}): Promise<TreeSummary> {
  const ledger = options.ledger ?? new TreeLedger({ ...defaultArchiveLimits, ...options.limits });
  const work = new BoundedWork(bounds);
  const { owner, isLayer = false, isBelow = async () => false } = options;
  const adoption: Adoption = { tree, ledger, work, owner, isLayer, isBelow };
  try {
    await adoptDirectory(adoption, "");
    await work.settle();
  } catch (error) {
    await work.settle().catch(() => {});
    throw error;
  }
  const summary = await ledger.summary();
  await syncTree(tree, summary.files);
  return summary;
}

type Adoption = Pick<Required<AdoptOptions>, "ledger" | "isLayer" | "isBelow"> & {
  readonly tree: string;
  readonly work: BoundedWork;
  readonly owner: TreeOwner | undefined;
};

async function adoptDirectory(adoption: Adoption, directory: string): Promise<void> {
  const absolute = join(adoption.tree, directory);
  await chmod(absolute, directoryMode);
  if (adoption.owner !== undefined) await lchown(absolute, adoption.owner.uid, adoption.owner.gid);
  for (const entry of await readdir(absolute, { withFileTypes: true })) {
    const path = entryPath(directory === "" ? entry.name : `${directory}/${entry.name}`, false);
    if (entry.isDirectory()) {
      adoption.ledger.addDirectory(path);
      await adoptDirectory(adoption, path);
    } else if (entry.isSymbolicLink()) await adoptSymlink(adoption, path);
    else if (entry.isFile()) await adoption.work.add(wholeBytes, () => adoptFile(adoption, path));
    else if (adoption.isLayer && (await isWhiteout(join(adoption.tree, path)))) adoption.ledger.addWhiteout(path);
    else throw refuseEntry(path, "is a device, a FIFO or a socket");
  }
}

async function adoptSymlink({ tree, ledger, owner }: Adoption, path: string): Promise<void> {
  const target = await readlink(join(tree, path));
  checkLinkTarget(path, target);
  if (owner !== undefined) await lchown(join(tree, path), owner.uid, owner.gid);
  ledger.addSymlink(path, target);
}

async function isWhiteout(path: string): Promise<boolean> {
  const found = await lstat(path);
  return found.isCharacterDevice() && found.rdev === 0;
}

async function adoptFile({ tree, ledger, owner, isBelow }: Adoption, path: string): Promise<void> {
  const handle = await open(join(tree, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    checkFile(path, found);
    ledger.reserve(found.size);
    const executable = isExecutable(found.mode);
    const file = { executable, sizeBytes: found.size, sha256: await sha256Of(handle, found.size) };
    if (await isBelow(path, file)) return await unlink(join(tree, path));
    ledger.addFile(path, file);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.chmod(fileMode(executable));
  } finally {
    await handle.close();
  }
}

function checkFile(path: string, found: Stats): void {
  if (!found.isFile()) throw refuseEntry(path, "changed while it was read");
  if (found.nlink > 1) throw refuseEntry(path, "has further hard links, through which it could be changed later");
}

/** The digest of the first `size` bytes of an open file, lower-case hexadecimal. What it grows by meanwhile is not read. */
export async function sha256Of(handle: FileHandle, size: number): Promise<string> {
  const digest = createHash("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(size, 2 ** 20));
  for (let position = 0; position < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - position), position);
    if (bytesRead === 0) break;
    digest.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return digest.digest("hex");
}
