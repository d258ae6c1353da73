import type { Readable } from "node:stream";
import { pack } from "tar-stream";

/** What the two versions of each tree are called; every file of a tree says which one it belongs to. */
export type Version = "one" | "two";

export const versions: readonly Version[] = ["one", "two"];

/** Files of a build: enough for one sync(2) of the file system. Files of an overlay: few enough for an fsync(2) each. */
export const filesOf = { build: 60, overlay: 12 } as const;

/** The smallest game; it leaves a file at each start, so that there is something to reset. */
const game = `#!/bin/sh
trap 'exit 0' INT TERM
echo started >>left4dead2/starts
echo ready
while :; do sleep 3600 & wait; done
`;

/** Where a tree's files lie, seen from its top. */
export function fileOf(kind: keyof typeof filesOf, index: number): string {
  return `left4dead2/${kind}-${index}.txt`;
}

/** What such a file holds. */
export function textOf(kind: keyof typeof filesOf, version: Version, index: number): string {
  return `${kind} ${version} ${index} ${"x".repeat(3000)}\n`;
}

/** An archive of one version. */
export function archiveOf(kind: keyof typeof filesOf, version: Version): Readable {
  const archive = pack();
  if (kind === "build") archive.entry({ name: "srcds_run", mode: 0o755 }, game);
  for (let index = 0; index < filesOf[kind]; index += 1) archive.entry({ name: fileOf(kind, index) }, textOf(kind, version, index));
  archive.finalize();
  return archive as unknown as Readable;
}
