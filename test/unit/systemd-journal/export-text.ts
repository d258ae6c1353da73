import { crc32 } from "node:zlib";

/** An entry as journald has it. */
export type ExportedEntry = {
  readonly sequence: number;
  /** Microseconds since 1970. */
  readonly time: number;
  readonly unit: string;
  readonly message: Uint8Array;
  readonly invocationId?: string;
  readonly lineBreak?: string;
  /** Default: {@link sequenceId}. */
  readonly numbering?: string;
};

export const sequenceId = "5".repeat(32);

/** What makes a cursor; the message stands for all fields, of which it tells a hash. */
type Place = Pick<ExportedEntry, "sequence" | "time" | "numbering"> & { readonly message?: Uint8Array };

/** A cursor as journalctl writes it. */
export function cursorText({ sequence, time, numbering = sequenceId, message = new Uint8Array() }: Place): string {
  const hash = crc32(message).toString(16);
  return `s=${numbering};i=${sequence.toString(16)};b=${"b".repeat(32)};m=1;t=${time.toString(16)};x=${hash}`;
}

/** An entry in the export format; a message is binary when journalctl would make it so. */
export function exportText(entry: ExportedEntry): Buffer {
  const isText =
    entry.message.every((byte) => byte >= 32 || byte === 9) && new TextDecoder().decode(entry.message).indexOf("\ufffd") === -1;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(entry.message.length));
  const message = isText ? [Buffer.from("MESSAGE="), entry.message] : [Buffer.from("MESSAGE\n"), length, entry.message];
  const fields = [
    `__CURSOR=${cursorText(entry)}`,
    `__REALTIME_TIMESTAMP=${entry.time}`,
    "__MONOTONIC_TIMESTAMP=1",
    `__SEQNUM=${entry.sequence}`,
    `__SEQNUM_ID=${entry.numbering ?? sequenceId}`,
    `_BOOT_ID=${"b".repeat(32)}`,
    `_SYSTEMD_UNIT=${entry.unit}`,
    ...(entry.invocationId === undefined ? [] : [`_SYSTEMD_INVOCATION_ID=${entry.invocationId}`]),
    ...(entry.lineBreak === undefined ? [] : [`_LINE_BREAK=${entry.lineBreak}`]),
  ];
  return Buffer.concat([Buffer.from(`${fields.join("\n")}\n`), ...message, Buffer.from("\n\n")]);
}
