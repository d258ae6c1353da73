import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { invalidCursor } from "../../domain/failures.ts";

/**
 * Cursors as callers see them: opaque tokens that say what they belong to and carry a check, so that a cursor of another
 * host, another instance or another stream, or one that was damaged, is refused instead of misread.
 */

/** Where in which log: an instance's uid and a position of its driver. */
export type LogCursor = { readonly uid: string; readonly position: string };

/** Where in the host's changes. `epoch` names the run of the daemon that counts them. */
export type WatchCursor = { readonly epoch: number; readonly revision: number };

/** Makes and reads the log cursors of one instance name on one host. Cheap: one is made for every line. */
export function logCursors(scope: { readonly hostId: string; readonly driver: string; readonly name: string }) {
  const salt = saltOf("log", scope.hostId, scope.driver, scope.name);
  return {
    encode: ({ uid, position }: LogCursor): string => seal(`${uid}:${position}`, salt),
    decode(token: string): LogCursor {
      const body = unseal(token, salt);
      const colon = body.indexOf(":");
      if (colon <= 0) throw invalidCursor("is malformed");
      return { uid: body.slice(0, colon), position: body.slice(colon + 1) };
    },
  };
}

/** Makes and reads the cursors of watches with one filter. `filter` is any text that is equal for equal filters. */
export function watchCursors(scope: { readonly hostId: string; readonly filter: string }) {
  const salt = saltOf("watch", scope.hostId, scope.filter);
  return {
    encode: ({ epoch, revision }: WatchCursor): string => seal(`${epoch}:${revision}`, salt),
    decode(token: string): WatchCursor {
      const match = /^(\d{1,16}):(\d{1,16})$/.exec(unseal(token, salt));
      if (match === null) throw invalidCursor("is malformed");
      return { epoch: Number(match[1]), revision: Number(match[2]) };
    },
  };
}

function saltOf(...parts: string[]): number {
  return createHash("sha256").update(parts.join("\0")).digest().readUInt32BE(0);
}

function seal(body: string, salt: number): string {
  const check = crc32(body, salt).toString(16).padStart(8, "0");
  return Buffer.from(`${check}${body}`, "latin1").toString("base64url");
}

function unseal(token: string, salt: number): string {
  if (token.length > 512 || !/^[A-Za-z0-9_-]+$/.test(token)) throw invalidCursor("is malformed");
  const text = Buffer.from(token, "base64url").toString("latin1");
  const body = text.slice(8);
  if (seal(body, salt) !== token) throw invalidCursor("is malformed, or belongs to another host, instance or filter");
  return body;
}
