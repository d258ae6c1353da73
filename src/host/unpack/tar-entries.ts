import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { refuseArchive, refuseEntry } from "./archive-refused.ts";
import { headerBytes, notATar } from "./not-a-tar.ts";

/** One entry of a tar archive, its name still as it came. */
export type TarEntry = {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "link";
  readonly mode: number;
  readonly sizeBytes: number;
  /** Of links; "" otherwise. */
  readonly linkName: string;
  /** To be read before the next entry is asked for; exactly `sizeBytes` bytes. */
  readonly content: AsyncIterable<Uint8Array>;
};

/** The header as tar-stream 3.2 fills it (headers.js, extract.js): its published types are narrower than the truth. */
type TarHeader = Omit<Header, "type" | "linkname" | "pax"> & {
  readonly type: Header["type"] | null;
  readonly linkname: string | null;
  readonly byteOffset: number;
  readonly pax: Readonly<Record<string, string>> | null;
};

const blockBytes = 512;

/**
 * Reads the entries of a tar archive (POSIX.1-2001 ustar and pax, GNU long names).
 *
 * It must end with the two zero blocks that the format demands: without them an archive that was cut off between two
 * entries would pass for a whole one. Archives one behind the other are read as one; any other bytes behind the end are
 * refused.
 * @throws HostError UPLOAD_REFUSED; what `bytes` throws
 */
export async function* tarEntries(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const parser = extract();
  const fed = new FedBytes(bytes);
  const feeding = pipeline(fed.read(), parser);
  // Whatever ends the feeding also ends the iteration below, which reports it.
  feeding.catch(() => {});
  let endOfEntries = 0;
  try {
    for await (const content of parser) {
      const header = content.header as unknown as TarHeader;
      const entry = checkedEntry(header, explained(content as AsyncIterable<Uint8Array>, fed));
      endOfEntries = header.byteOffset + Math.ceil(entry.sizeBytes / blockBytes) * blockBytes;
      yield entry;
      // Settles the entry when nobody read it: of everything but files there is nothing to read.
      content.resume();
    }
  } catch (error) {
    throw fed.explain(error);
  }
  if (!fed.endsProperly(endOfEntries)) throw refuseArchive("is cut off: the zero blocks at its end are missing");
}

/** The content of an entry. Its reader meets a failure before the archive's reader does, and as the same error. */
async function* explained(content: AsyncIterable<Uint8Array>, fed: FedBytes): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw fed.explain(error);
  }
}

/** Counts what is fed to the parser and keeps the source's own failure apart from the parser's. */
class FedBytes {
  #failure: { readonly error: unknown } | undefined;
  readonly #source: AsyncIterable<Uint8Array>;
  #head: Uint8Array = new Uint8Array();
  #bytes = 0;
  #trailingZeros = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#source) {
        if (this.#head.length < headerBytes) this.#head = Buffer.concat([this.#head, chunk.subarray(0, headerBytes - this.#head.length)]);
        const zeros = zerosAtEnd(chunk);
        this.#bytes += chunk.length;
        this.#trailingZeros = zeros === chunk.length ? this.#trailingZeros + zeros : zeros;
        yield chunk;
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** The source's failure if it has one, that it is no archive at all, or what the parser complained about. */
  explain(error: unknown): unknown {
    return this.#failure === undefined ? (notATar(this.#head) ?? damaged(error)) : this.#failure.error;
  }

  /** Whether two zero blocks lie behind the last entry. */
  endsProperly(endOfEntries: number): boolean {
    return this.#trailingZeros >= 2 * blockBytes && this.#bytes - endOfEntries >= 2 * blockBytes;
  }
}

/** At most two blocks are looked at, unless all of them are zero. */
function zerosAtEnd(chunk: Uint8Array): number {
  let zeros = 0;
  while (zeros < chunk.length && chunk[chunk.length - 1 - zeros] === 0) zeros += 1;
  return zeros;
}

const refusedTypes: Readonly<Record<string, string>> = {
  "character-device": "is a device",
  "block-device": "is a device",
  fifo: "is a FIFO",
};

function checkedEntry(header: TarHeader, content: AsyncIterable<Uint8Array>): TarEntry {
  const { name, size, mode } = header;
  const type = header.type === "contiguous-file" ? "file" : header.type;
  if (type !== "file" && type !== "directory" && type !== "symlink" && type !== "link") {
    throw refuseEntry(name, refusedTypes[type ?? ""] ?? "is of a type that is not taken (a sparse file, a volume label, …)");
  }
  if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse."))) {
    throw refuseEntry(name, "is a sparse file; pack without --sparse");
  }
  if (!isPossibleSize(header)) throw refuseEntry(name, "has an impossible size");
  if (type !== "file" && size !== 0) throw refuseEntry(name, `is a ${type} that carries data`);
  return { name, type, mode, sizeBytes: size, linkName: header.linkname ?? "", content };
}

/** What tar-stream reads as 0 other programs may not: `0x10` in a pax header; -1 in base 256, which it makes -0. */
function isPossibleSize({ size, pax }: TarHeader): boolean {
  return Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0) && /^\d+$/.test(pax?.["size"] ?? "0");
}

function damaged(error: unknown): unknown {
  if (!(error instanceof Error) || error.name === "HostError") return error;
  if (error.message === "Unexpected end of data") return refuseArchive("is cut off", error);
  return refuseArchive(`is no tar archive or is damaged: ${error.message}`, error);
}
