import { maximumLineBytes } from "../../../../domain/log-entry.ts";
import type { JournalLine } from "../source/journal-line.ts";

/** A game's line, or a part of one that is longer than {@link maximumLineBytes}; `cursor` is that of its last piece. */
export type WholeLine = Omit<JournalLine, "isCut"> & { readonly partial: boolean };

/**
 * Joins what journald cut. A piece waits for its continuation; the two become one line when they fit, else the first is
 * told as a part. What comes out depends on the pieces alone: a reader may begin behind any line that came out.
 */
export class LineJoiner {
  #piece: JournalLine | undefined;

  /** Returns the lines that are complete now, in order. */
  push(line: JournalLine): readonly WholeLine[] {
    const piece = this.#piece;
    if (piece === undefined) return this.#take(line);
    this.#piece = undefined;
    if (piece.invocationId !== line.invocationId) return [whole(piece, false), ...this.#take(line)];
    if (piece.size + line.size > maximumLineBytes) return [whole(piece, true), ...this.#take(line)];
    return this.#take(joined(piece, line));
  }

  /** What still waits: nothing continues it. With an invocation that has ended: only what is not of another one. */
  flush(ended?: string): WholeLine | undefined {
    const piece = this.#piece;
    if (piece === undefined || (ended !== undefined && piece.invocationId !== "" && piece.invocationId !== ended)) return undefined;
    this.#piece = undefined;
    return whole(piece, false);
  }

  #take(line: JournalLine): readonly WholeLine[] {
    if (!line.isCut) return [whole(line, false)];
    this.#piece = line;
    return [];
  }
}

function whole({ isCut: _, ...line }: JournalLine, partial: boolean): WholeLine {
  return { ...line, partial };
}

/** The cut may lie within a character: only the bytes know. */
function joined(first: JournalLine, second: JournalLine): JournalLine {
  const size = first.size + second.size;
  if (first.raw === undefined && second.raw === undefined) return { ...second, size, message: first.message + second.message };
  const bytes = Buffer.concat([first.raw ?? Buffer.from(first.message), second.raw ?? Buffer.from(second.message)]);
  const { raw: _, ...line } = second;
  const message = bytes.toString("utf8");
  return Buffer.from(message).equals(bytes) ? { ...line, size, message } : { ...line, size, message, raw: Uint8Array.from(bytes) };
}
