import { join } from "node:path";
import { z } from "zod";
import { hostLayout } from "../../domain/host-layout.ts";
import { neverStarted, type RuntimeStatus } from "../../domain/runtime-status.ts";
import { readJsonFile, writeFileUnsynced } from "../../host/files/durable-file.ts";

/**
 * instances/<name>/run.json: the last that was seen of an instance's units. systemd forgets a unit as soon as it is
 * inactive; then this is all that is known of its last run. A convenience: written without fsync, and a damaged one is none.
 */
const runSchema = z.object({
  uid: z.string(),
  invocationId: z.string(),
  since: z.coerce.date(),
  exit: z
    .object({
      invocationId: z.string(),
      code: z.number().optional(),
      signal: z.string().optional(),
      oom: z.boolean().optional(),
      exitTime: z.coerce.date(),
      result: z.string(),
    })
    .optional(),
});

/** What an earlier daemon saw last: at rest, with the last invocation and its end. @param uid the instance's own, no namesake's */
export async function loadRun(root: string, name: string, uid: string): Promise<RuntimeStatus> {
  const stored = await readJsonFile(fileOf(root, name), runSchema).catch(() => undefined);
  if (stored?.uid !== uid) return neverStarted(new Date());
  const { since, invocationId, exit } = stored;
  return { ...neverStarted(since), invocationId, ...(exit === undefined ? {} : { exit: exit as NonNullable<RuntimeStatus["exit"]> }) };
}

/** Keeps a status. Fails when the instance is being deleted. */
export async function saveRun(root: string, name: string, uid: string, { invocationId, since, exit }: RuntimeStatus): Promise<void> {
  await writeFileUnsynced(fileOf(root, name), `${JSON.stringify({ uid, invocationId, since, exit })}\n`, 0o640);
}

function fileOf(root: string, name: string): string {
  return join(hostLayout(root).instance(name), "run.json");
}
