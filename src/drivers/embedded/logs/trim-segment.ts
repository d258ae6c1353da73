import { run } from "../../../exec/run.ts";
import { entryBoundary } from "./entry-boundary.ts";
import type { LogReaders } from "./log-readers.ts";
import type { LogSegment } from "./log-segment.ts";

/** How much is kept. */
export type Retention = {
  readonly keptInvocations: number;
  /** Bytes of an invocation's output, the newest. */
  readonly keptLogBytes: number;
  readonly log: (message: string) => void;
};

const blockBytes = 4096;

/** Whether a log has grown an eighth beyond what is kept. */
export function isTrimDue({ visible, trimmed }: LogSegment, { keptLogBytes }: Retention): boolean {
  return visible - trimmed > keptLogBytes + keptLogBytes / 8;
}

/**
 * Frees the head of a log that has grown beyond what is kept, by punching a hole: offsets, and so positions,
 * stay valid, and the game goes on writing. Readers are told first, so that nobody takes the zeros for lines.
 *
 * @param readers learn what they lose
 * @returns whether anything was freed
 */
export async function trimSegment(segment: LogSegment, retention: Retention, readers: LogReaders): Promise<boolean> {
  const { keptLogBytes } = retention;
  try {
    const before = segment.trimmed;
    const kept = entryBoundary(segment, segment.visible - keptLogBytes);
    if (kept <= before) return false;
    const counts = await readers.count(segment, kept);
    if (segment.size() < kept) return false; // dropped meanwhile
    // Nobody may move between these two.
    readers.trimming(segment, kept, counts);
    segment.trim(kept);
    await punch(segment.path, before, kept);
    await punch(segment.marks.path, 0, segment.marks.recordOffset(kept));
    return true;
  } catch (error) {
    retention.log(`could not free the head of ${segment.path}: ${error}`);
    return false;
  }
}

/** Frees whole blocks; the rest of a block goes with the next call. */
async function punch(path: string, from: number, to: number): Promise<void> {
  const start = from - (from % blockBytes);
  const length = to - (to % blockBytes) - start;
  if (length <= 0) return;
  await run("fallocate", ["--punch-hole", "--keep-size", "--offset", String(start), "--length", String(length), path]);
}
