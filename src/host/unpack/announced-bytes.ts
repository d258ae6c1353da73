import { createHash } from "node:crypto";
import type { Upload } from "../api.ts";
import { refuseArchive } from "./archive-refused.ts";

/**
 * The bytes of an upload, held against what its header announced: too many are refused at once, too few and another
 * digest at the end, before anybody takes what came for the whole.
 *
 * @throws HostError UPLOAD_REFUSED
 */
export function announcedBytes(upload: Upload): AsyncIterable<Uint8Array> {
  return upload.sizeBytes === undefined && upload.sha256 === undefined ? upload.chunks : checked(upload);
}

async function* checked({ chunks, sizeBytes, sha256 }: Upload): AsyncGenerator<Uint8Array> {
  const hash = sha256 === undefined ? undefined : createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (sizeBytes !== undefined && bytes > sizeBytes)
      throw refuseArchive(`has more than the ${sizeBytes} bytes that were announced; send it again`);
    hash?.update(chunk);
    yield chunk;
  }
  if (sizeBytes !== undefined && bytes < sizeBytes)
    throw refuseArchive(`has ${bytes} bytes, of ${sizeBytes} that were announced; send it again`);
  const found = hash?.digest("hex");
  if (found !== sha256) throw refuseArchive(`has the SHA-256 ${found}, not ${sha256} as announced; send it again`);
}
