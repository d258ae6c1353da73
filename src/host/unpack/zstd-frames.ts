import { createZstdDecompress, type ZstdDecompress } from "node:zlib";
import { refuseArchive } from "./archive-refused.ts";

/** Each frame may cost a decoder. pzstd(1) makes one of some megabytes of content. */
const mostFrames = 16_384;

/**
 * Unpacks zstd, which may consist of several frames, one behind the other (RFC 8878, 3): pzstd(1) and cat(1) make such files.
 *
 * Node's decoder ends at the end of a frame when its chunk goes on, and drops what is left of the chunk; when the next frame
 * begins with a chunk it goes on. Here the next decoder gets what is left, so that it does not matter how the bytes came.
 * @throws HostError UPLOAD_REFUSED for too many frames; what the decoder and `chunks` throw
 */
export async function* zstdFrames(chunks: AsyncIterable<Uint8Array>, chunkSize: number): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined = new Uint8Array();
  try {
    for (let frames = 0; rest !== undefined; frames += 1) {
      if (frames > mostFrames) throw refuseArchive(`consists of more than ${mostFrames} zstd frames`);
      const decoder = createZstdDecompress({ chunkSize });
      const feeding: Promise<Uint8Array | undefined> = feed(decoder, source, rest);
      feeding.catch(() => {}); // it also ends the iteration, which reports it
      yield* decoder as AsyncIterable<Uint8Array>;
      rest = await feeding;
    }
  } finally {
    // Not waited for: a stalled upload must not hold its reader.
    Promise.resolve(source.return?.()).catch(() => {});
  }
}

/** Returns what the decoder has left of a chunk; undefined when it has taken everything. */
async function feed(decoder: ZstdDecompress, source: AsyncIterator<Uint8Array>, first: Uint8Array): Promise<Uint8Array | undefined> {
  decoder.on("error", () => {}); // nobody may be listening any more
  const ended = new Promise<void>((resolve) => {
    for (const event of ["end", "close"]) decoder.once(event, resolve);
  });
  let fed = 0;
  try {
    for (let chunk = first; ; ) {
      fed += chunk.length;
      if (chunk.length > 0) await Promise.race([written(decoder, chunk), ended]);
      if (decoder.bytesWritten < fed) return chunk.subarray(chunk.length - (fed - decoder.bytesWritten));
      const next = await source.next();
      if (next.done === true) break;
      chunk = next.value;
    }
    decoder.end();
    return undefined;
  } catch (error) {
    decoder.destroy(error as Error);
    throw error;
  }
}

/** Resolves when the chunk has been taken, as a whole or up to the end of a frame. */
function written(decoder: ZstdDecompress, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    decoder.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
