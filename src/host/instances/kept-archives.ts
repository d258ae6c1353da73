import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Archive } from "../../domain/archive.ts";
import { archiveIdPattern, archiveTime } from "../../domain/archive-id.ts";
import { listOrNothing } from "../files/staging.ts";

/**
 * Reads which archives lie in a directory of archives, the newest first. Every driver lays them down in the same way: a
 * directory by the name of the id, and beside it, earlier, `<id>.info` ({@link infoText}).
 *
 * @param directory one instance's; it need not be there
 */
export async function keptArchives(directory: string): Promise<Archive[]> {
  const ids = (await listOrNothing(directory)).filter(isId).toSorted().toReversed();
  return Promise.all(ids.map(async (id) => ({ id, createTime: archiveTime(id), ...(await readInfo(directory, id)) })));
}

/** What `<id>.info` holds: two lines. */
export function infoText({ sizeBytes, buildId }: Pick<Archive, "sizeBytes" | "buildId">): string {
  return `size ${sizeBytes}\nbuild ${buildId}\n`;
}

/** Where an archive's size and build stand. */
export function infoPath(directory: string, id: string): string {
  return join(directory, `${id}.info`);
}

async function readInfo(directory: string, id: string): Promise<Pick<Archive, "sizeBytes" | "buildId">> {
  const text = await readFile(infoPath(directory, id), "utf8").catch(() => "");
  const [, size = "0", buildId = ""] = /^size (\d{1,15})\nbuild (\S*)\n$/.exec(text) ?? [];
  return { sizeBytes: Number(size), buildId };
}

/** The form alone is no time: a thirteenth month. */
function isId(name: string): boolean {
  if (!archiveIdPattern.test(name)) return false;
  try {
    archiveTime(name);
    return true;
  } catch {
    return false;
  }
}
