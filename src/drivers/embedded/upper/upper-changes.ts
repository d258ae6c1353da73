import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Archive } from "../../../domain/archive.ts";
import { archiveNotFound } from "../../../domain/failures.ts";
import { HostError } from "../../../domain/host-error.ts";
import { normalizeGlobs } from "../../../domain/preserve-glob.ts";
import { run } from "../../../exec/run.ts";
import type { ArchiveOrder, ResetOptions } from "../../../host/driver.ts";
import { explainDiskFull } from "../../../host/files/disk-full.ts";
import { stateDamaged, syncDirectory, writeFileDurably } from "../../../host/files/durable-file.ts";
import { infoPath, infoText, keptArchives } from "../../../host/instances/kept-archives.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import type { InstancePaths } from "../instance-paths.ts";
import { copyTree } from "./copied-tree.ts";
import { keepFiles } from "./kept-files.ts";
import { allowSearch } from "./managed-files.ts";
import { settleRenewed } from "./renewed-directory.ts";
import type { Trash } from "./trash.ts";
import { privileged } from "./tree-tools.ts";
import { isOfOurs, requireFormat } from "./upper-format.ts";
import { beginNext, completeNext, settleUpper, swapUpper } from "./upper-swap.ts";

/** What resets and restores do to what a game wrote. Precondition of all: its game does not run. */
export class UpperChanges {
  readonly #settings: EmbeddedSettings;
  readonly #trash: Trash;

  constructor(settings: EmbeddedSettings, trash: Trash) {
    this.#settings = settings;
    this.#trash = trash;
  }

  /** The port's `reset`, when the game has ended. */
  async reset(paths: InstancePaths, { preserve, archive }: ResetOptions): Promise<boolean> {
    await settleRenewed(paths);
    settleUpper(paths, this.#settings, this.#trash);
    const isKept = archive !== undefined && existsSync(join(paths.archives, archive.id));
    const changed = !isKept && (await this.#discard(paths, preserve, archive));
    if (archive !== undefined) await this.#prune(paths.archives, archive.keep);
    return changed;
  }

  /** The port's `restoreArchive`. */
  async restore(paths: InstancePaths, name: string, archiveId: string): Promise<void> {
    await settleRenewed(paths);
    settleUpper(paths, this.#settings, this.#trash);
    const archive = join(paths.archives, archiveId);
    if (!existsSync(archive)) throw archiveNotFound(name, archiveId);
    if (!existsSync(join(archive, "upper"))) throw stateDamaged(archive, "what it kept (upper) is missing");
    requireFormat({ upper: join(archive, "upper"), format: join(archive, "format") }, this.#settings, "choose another archive", archiveId);
    try {
      const next = beginNext(paths, this.#settings, this.#trash);
      await copyTree(join(archive, "upper"), next, this.#settings);
      await run("sync", ["-f", "--", next], { timeoutMs: 0 });
      completeNext(paths);
    } catch (error) {
      throw await this.#abandonNext(paths, error);
    }
    swapUpper(paths, this.#settings, this.#trash);
  }

  /** The port's `deleteArchive`; the archive goes before what describes it. */
  async deleteArchive({ archives }: InstancePaths, id: string): Promise<void> {
    this.#trash.discard([join(archives, id), infoPath(archives, id)]);
    if (existsSync(archives)) await syncDirectory(archives);
  }

  archives(paths: InstancePaths): Promise<Archive[]> {
    return keptArchives(paths.archives);
  }

  async #discard(paths: InstancePaths, preserve: readonly string[], archive: ArchiveOrder | undefined): Promise<boolean> {
    const hadAnything = holdsAnything(paths.upper);
    if (hadAnything && normalizeGlobs(preserve).length > 0 && isOfOurs(paths, this.#settings)) {
      const hasOthers = await this.#buildNext(paths, preserve, archive === undefined ? "link" : "copy");
      if (!hasOthers && archive === undefined) {
        this.#trash.discard([paths.next]);
        return false;
      }
    }
    if (hadAnything && archive !== undefined) await this.#writeInfo(paths, archive);
    swapUpper(paths, this.#settings, this.#trash, hadAnything ? archive?.id : undefined);
    return hadAnything;
  }

  /** @returns whether anything is not kept */
  async #buildNext(paths: InstancePaths, globs: readonly string[], how: "link" | "copy"): Promise<boolean> {
    const { asRoot, gameUid, gameGid } = this.#settings;
    const owner = asRoot ? { uid: gameUid, gid: gameGid } : undefined;
    try {
      const to = beginNext(paths, this.#settings, this.#trash);
      const { kept, hasOthers } = await keepFiles({ from: paths.upper, to, globs, how, owner });
      if (kept === 0) this.#trash.discard([to]);
      else {
        if (how === "copy") await run("sync", ["-f", "--", to], { timeoutMs: 0 });
        completeNext(paths);
      }
      return hasOthers;
    } catch (error) {
      throw await this.#abandonNext(paths, error);
    }
  }

  /** Half a copy would keep the disk as full as it found it. @returns what is to be thrown */
  async #abandonNext(paths: InstancePaths, error: unknown): Promise<unknown> {
    const explained = await explainDiskFull(saysDiskFull(error) ? Object.assign(error, { code: "ENOSPC" }) : error, paths.runtime);
    try {
      this.#trash.discard([paths.nextUnfinished]);
    } catch {
      // The disk takes not even this. What follows clears it away: the next start, reset or restore.
    }
    return explained;
  }

  async #writeInfo({ archives, upper }: InstancePaths, { id, buildId }: ArchiveOrder): Promise<void> {
    mkdirSync(archives, { recursive: true, mode: 0o700 });
    const size = await privileged(this.#settings, ["du", "-s", "--block-size=1", "--one-file-system", "--", upper]);
    await writeFileDurably(infoPath(archives, id), infoText({ sizeBytes: Number.parseInt(size, 10) || 0, buildId }), 0o640);
  }

  /** The oldest archives go, and what belongs to none. */
  async #prune(archives: string, keep: number): Promise<void> {
    const kept = (await keptArchives(archives)).slice(0, keep).flatMap(({ id }) => [id, `${id}.info`]);
    const names = existsSync(archives) ? readdirSync(archives) : [];
    this.#trash.discard(names.filter((name) => !kept.includes(name)).map((name) => join(archives, name)));
  }
}

/** Whether cp(1) has met the end of the disk, which its exit code does not tell. */
function saysDiskFull(error: unknown): error is HostError {
  return error instanceof HostError && /: No space left on device$/m.test(error.metadata["stderr"] ?? "");
}

function holdsAnything(directory: string): boolean {
  if (!existsSync(directory)) return false;
  allowSearch(directory);
  return readdirSync(directory).length > 0;
}
