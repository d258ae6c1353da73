import type { Instance } from "../domain/instance.ts";

/** About how many bytes the message of an instance takes on the wire; never far below. */
export function instanceBytes({ spec, labels, status }: Instance): number {
  const texts = [...spec.config, ...spec.arguments, ...spec.preserve, ...(status.lastExit?.lastLines ?? [])];
  for (const { ref, alias } of spec.overlays) texts.push(ref, alias ?? "");
  for (const [key, value] of Object.entries(labels)) texts.push(key, value);
  for (const { message } of status.warnings) texts.push(message);
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 4, fixedBytes);
}

/** Names, ids, times and numbers. */
const fixedBytes = 512;
