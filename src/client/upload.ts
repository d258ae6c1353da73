import { Readable } from "node:stream";
import type { ImportOverlayResponse } from "../gen/left4me/host/v1/host_service_pb.ts";
import type { ImportBuildResponse } from "../gen/left4me/host/v1/installation_service_pb.ts";
import { UploadFormat } from "../gen/left4me/host/v1/upload_pb.ts";
import type { HostClient } from "./host-client.ts";

/** The bytes of a tar archive. It is read to its end, and closed when the upload ends early. */
export type UploadSource = AsyncIterable<Uint8Array> | Readable;

/** Options of {@link importOverlay}. */
export type UploadOptions = {
  /** How the archive is packed. Default: told from its first bytes. */
  readonly format?: UploadFormat;
  /** How many bytes the source gives, exactly, a whole number; the host refuses another one. Default: unknown. */
  readonly sizeBytes?: number;
  /** The SHA-256 of those bytes, 64 lower-case hexadecimal digits; the host refuses others. Default: unknown. */
  readonly sha256?: string;
  /** Abandons the upload; the host keeps nothing of it. */
  readonly signal?: AbortSignal;
  /** Deadline for the whole upload, in milliseconds. Default: none. */
  readonly timeoutMs?: number;
};

/** Options of {@link importBuild}. */
export type ImportBuildOptions = UploadOptions & {
  /** Makes the build the active one. Default: true. */
  readonly activate?: boolean;
};

/** The contract's limit for one message. */
const chunkBytes = 1024 * 1024;

/**
 * Uploads a game build. Content that the host has as a build already makes no other one; it is activated as asked, and `changed`
 * is false when it was active.
 *
 * @param source a tar with `srcds_run` at its top, plain or compressed by gzip or zstd
 * @throws ConnectError with a HostFailure (UPLOAD_REFUSED, DISK_FULL, …); what the source throws is thrown as it is
 */
export function importBuild(
  client: Pick<HostClient, "installation">,
  source: UploadSource,
  options: ImportBuildOptions = {},
): Promise<ImportBuildResponse> {
  const { activate = true } = options;
  return upload(
    source,
    async function* send(chunks) {
      yield { part: { case: "header" as const, value: { ...archiveHeader(options), activate } } };
      for await (const chunk of chunks) yield { part: { case: "chunk" as const, value: chunk } };
    },
    (messages) => client.installation.importBuild(messages, callOptions(options)),
  );
}

/**
 * Uploads a version of an overlay, which becomes the current one. The content that is the current one already changes
 * nothing (`changed` is false).
 *
 * @param ref the overlay, e.g. `competitive/maps`
 * @param source a tar of the overlay, whose content lies as below the game, `left4dead2/…`; plain, or compressed by gzip or zstd
 * @throws ConnectError with a HostFailure (UPLOAD_REFUSED, OVERLAY_MUTABLE, …); what the source throws is thrown as it is
 */
export function importOverlay(
  client: Pick<HostClient, "host">,
  ref: string,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<ImportOverlayResponse> {
  return upload(
    source,
    async function* send(chunks) {
      yield { part: { case: "header" as const, value: { ref, ...archiveHeader(options) } } };
      for await (const chunk of chunks) yield { part: { case: "chunk" as const, value: chunk } };
    },
    (messages) => client.host.importOverlay(messages, callOptions(options)),
  );
}

function archiveHeader({ format = UploadFormat.UNSPECIFIED, sizeBytes, sha256 = "" }: UploadOptions) {
  return { format, sha256, ...(sizeBytes === undefined ? {} : { sizeBytes: BigInt(sizeBytes) }) };
}

async function upload<Message, Answer>(
  source: UploadSource,
  messagesOf: (chunks: AsyncIterable<Uint8Array<ArrayBuffer>>) => AsyncIterable<Message>,
  call: (messages: AsyncIterable<Message>) => Promise<Answer>,
): Promise<Answer> {
  const reader = new SourceReader(source);
  try {
    return await call(messagesOf(reader.chunks()));
  } catch (error) {
    throw reader.failure ?? error;
  } finally {
    reader.close();
  }
}

/** Cuts a source into chunks, and remembers its own failure: the call would only report it wrapped. */
class SourceReader {
  failure: unknown;
  readonly #source: UploadSource;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #isEnded = false;

  constructor(source: UploadSource) {
    this.#source = source;
    this.#iterator = source[Symbol.asyncIterator]();
  }

  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (;;) {
      const next = await this.#next();
      if (next.done === true) return;
      const bytes = bytesOf(next.value);
      for (let offset = 0; offset < bytes.length; offset += chunkBytes) yield bytes.subarray(offset, offset + chunkBytes);
    }
  }

  /** Not awaited: a source that is stuck would hold up the answer. */
  close(): void {
    if (this.#isEnded) return;
    if (this.#source instanceof Readable) this.#source.destroy();
    else void this.#iterator.return?.()?.catch(() => undefined);
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const next = await this.#iterator.next();
      this.#isEnded = next.done === true;
      return next;
    } catch (error) {
      this.failure = error;
      this.#isEnded = true;
      throw error;
    }
  }
}

function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
  throw new TypeError(`an upload's source must give bytes (Uint8Array), not ${typeof value}`);
}

function callOptions({ signal, timeoutMs }: UploadOptions) {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}
