import type { Archive } from "../domain/archive.ts";
import { archiveTime } from "../domain/archive-id.ts";
import type { ArchiveOrder } from "../host/driver.ts";
import { diskBytesOf, type WrittenTree } from "./game/written-tree.ts";

/** The archives of one fake instance, in memory. */
export class FakeArchives {
  readonly #kept = new Map<string, { readonly archive: Archive; readonly tree: WrittenTree }>();

  /** The newest first. */
  list(): Archive[] {
    const archives = [...this.#kept.values()].map(({ archive }) => archive);
    return archives.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  keep({ id, buildId }: ArchiveOrder, tree: WrittenTree): void {
    const archive = { id, createTime: archiveTime(id), sizeBytes: diskBytesOf(tree), buildId };
    this.#kept.set(id, { archive, tree: new Map(tree) });
  }

  delete(id: string): void {
    this.#kept.delete(id);
  }

  /** The oldest go when there are more than so many. */
  prune(count: number): void {
    for (const { id } of this.list().slice(count)) this.#kept.delete(id);
  }

  /** A copy of what was kept; undefined when there is no such archive. */
  copyOf(id: string): WrittenTree | undefined {
    const found = this.#kept.get(id);
    return found && new Map(found.tree);
  }
}
