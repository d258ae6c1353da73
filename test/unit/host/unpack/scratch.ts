import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ErrorReason, HostError } from "../../../../src/domain/host-error.ts";

/** An empty directory that lives as long as the test. */
export async function scratch(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "left4me-test-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** For assert.rejects: a HostError with this reason, whose message matches. */
export function hostError(reason: ErrorReason, message = /./): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof HostError)) throw error;
    if (error.reason !== reason) throw new Error(`expected ${reason}, got ${error.reason}: ${error.message}`);
    if (!message.test(error.message)) throw new Error(`the message does not match ${message}: ${error.message}`);
    return true;
  };
}
