import { createHash } from "node:crypto";
import type { InstanceSpec, Labels } from "./instance-spec.ts";

/** The etag of an instance: the same for the same uid, labels and specification, in whatever order keys were written. */
export function instanceEtag(uid: string, labels: Labels, spec: InstanceSpec): string {
  return createHash("sha256").update(canonicalJson({ uid, labels, spec })).digest("base64url").slice(0, 22);
}

/** JSON with sorted keys and without undefined members. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}
