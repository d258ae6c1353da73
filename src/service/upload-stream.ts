import { setTimeout as sleep } from "node:timers/promises";
import { enumTable } from "../convert/enum-table.ts";
import { present, textOrUndefined } from "../convert/present.ts";
import { fromOptionalUint64 } from "../convert/uint64.ts";
import { invalidRequest } from "../domain/failures.ts";
import { UploadFormat as UploadFormatValue } from "../gen/left4me/host/v1/upload_pb.ts";
import type { Upload, UploadFormat } from "../host/api.ts";
import { understood } from "./understood.ts";

const uploadFormats = enumTable<Exclude<UploadFormat, "AUTO">>()("UploadFormat", UploadFormatValue);
const largestChunkBytes = 1024 * 1024;

/**
 * Node's HTTP/2 clients, connect-node and grpc-js among them, cancel a call by ending it properly and resetting it right
 * after: for a moment half an archive looks like a whole one. The reset is in the same packet or one of the next. Several
 * short waits, so that a busy process gets round to reading it. What still passes, the archive's own end marks must catch.
 */
const cancelFollowsEnd = { turns: 5, ms: 10 };

/** A part of an upload: ImportBuildRequest and ImportOverlayRequest look alike. */
type UploadPart =
  | { readonly case: "header"; readonly value: object }
  | { readonly case: "chunk"; readonly value: Uint8Array }
  | { readonly case: undefined; readonly value?: undefined };

type HeaderOf<Part extends UploadPart> = Extract<Part, { case: "header" }>["value"];

/** An upload: what its first message says, and its bytes. */
export type UploadStream<Header> = { readonly header: Header; readonly chunks: AsyncIterable<Uint8Array> };

/**
 * Splits an upload into its header and its bytes.
 *
 * @param signal the call's own: it tells an upload that was broken off from one that ended
 * @throws HostError INVALID_REQUEST unless the header comes first, and once; from `chunks` too. When the upload was
 *   broken off, `chunks` throws the signal's reason.
 */
export async function uploadStream<Part extends UploadPart>(
  messages: AsyncIterable<{ part: Part }>,
  signal: AbortSignal,
): Promise<UploadStream<HeaderOf<Part>>> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) throw invalidRequest("header", "is missing: the upload is empty");
  const { part } = first.value;
  if (part.case !== "header") throw invalidRequest("header", "is missing: it must be the first message of an upload");
  return { header: part.value as HeaderOf<Part>, chunks: chunksOf(iterator, signal) };
}

/** What both headers say of an archive. */
type ArchiveHeader = { readonly format: number; readonly sizeBytes?: bigint | undefined; readonly sha256: string };

/** An upload as the host takes it. @throws HostError INVALID_REQUEST for a header that cannot be understood */
export function uploadOf({ format, sizeBytes, sha256 }: ArchiveHeader, chunks: AsyncIterable<Uint8Array>): Upload {
  if (sha256 !== "" && !/^[0-9a-f]{64}$/.test(sha256)) throw invalidRequest("header.sha256", "is not 64 lower-case hexadecimal digits");
  return {
    format: uploadFormatOf(format),
    chunks,
    ...present({ sizeBytes: fromOptionalUint64(sizeBytes), sha256: textOrUndefined(sha256) }),
  };
}

/** The packing that a header names. @throws HostError INVALID_REQUEST for one that is unknown */
function uploadFormatOf(value: number): UploadFormat {
  return understood("header.format", () => uploadFormats.fromProto(value)) ?? "AUTO";
}

/**
 * Reads by hand, because leaving a `for await` would close the request, and with it the connection, before a refusal has
 * been answered.
 */
async function* chunksOf(iterator: AsyncIterator<{ part: UploadPart }>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    const { part } = next.value;
    if (part.case !== "chunk") throw invalidRequest("chunk", "is missing: every message behind the header is one");
    if (part.value.length > largestChunkBytes) throw invalidRequest("chunk", `is larger than ${largestChunkBytes} bytes`);
    if (part.value.length > 0) yield part.value;
  }
  for (let turn = 0; turn < cancelFollowsEnd.turns && !signal.aborted; turn += 1) await sleep(cancelFollowsEnd.ms);
  signal.throwIfAborted();
}
