import type { UploadFormat } from "../../../../src/host/api.ts";

/** One entry, written as it is told, sense or nonsense. */
export type RawEntry = {
  readonly name: string | Buffer;
  /** The type flag. Default: "0", a regular file. */
  readonly type?: string;
  readonly mode?: number;
  readonly content?: string | Buffer;
  /** What the header claims. Default: the content's length. */
  readonly size?: number;
  readonly link?: string;
  /** Records of a pax header before it. */
  readonly pax?: Readonly<Record<string, string>>;
  readonly magic?: string;
};

/** A tar archive of these entries, with the zero blocks at its end. */
export function tarOf(...entries: RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(1024)]);
}

/** One entry with its header(s) and padding. */
export function entryBytes(entry: RawEntry): Buffer {
  const content = Buffer.from(entry.content ?? "");
  const pax = entry.pax === undefined ? Buffer.alloc(0) : entryBytes({ name: "PaxHeader", type: "x", content: paxRecords(entry.pax) });
  return Buffer.concat([pax, header(entry, entry.size ?? content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** An upload of these bytes in pieces of `pieceBytes`. */
export function uploadOf(bytes: Uint8Array, format: UploadFormat = "AUTO", pieceBytes = 64 * 1024) {
  async function* chunks() {
    for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
  }
  return { format, chunks: chunks() };
}

function header(entry: RawEntry, size: number): Buffer {
  const block = Buffer.alloc(512);
  Buffer.from(entry.name).copy(block, 0, 0, 100);
  block.write(octal(entry.mode ?? 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(entry.type ?? "0", 156);
  block.write(entry.link ?? "", 157, 100);
  block.write(entry.magic ?? "ustar\x0000", 257, "latin1");
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")}\0`;
}

/** `<length> <key>=<value>\n`, the length counting itself (POSIX.1-2001, pax). */
function paxRecords(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest + 1;
      while (String(length).length + rest !== length) length = String(length).length + rest;
      return `${length} ${key}=${value}\n`;
    })
    .join("");
}
