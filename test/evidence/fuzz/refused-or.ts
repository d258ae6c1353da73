import assert from "node:assert/strict";
import { type ErrorReason, HostError } from "../../../src/domain/host-error.ts";

/** So long may the text of a refusal be, in characters: it travels in headers and stands in logs. */
const longestText = 64 * 1024;

/** What `action` returns; undefined when it refuses with one of the reasons. Everything else that it throws is a fault. */
export function refusedOr<T>(reasons: readonly ErrorReason[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    return checkedRefusal(reasons, error);
  }
}

/** {@link refusedOr} for what is awaited. */
export async function refusedOrLater<T>(reasons: readonly ErrorReason[], action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    return checkedRefusal(reasons, error);
  }
}

function checkedRefusal(reasons: readonly ErrorReason[], error: unknown): undefined {
  if (!(error instanceof HostError) || !reasons.includes(error.reason)) throw error;
  assert.ok(error.message.length <= longestText, `a refusal of ${error.message.length} characters`);
  assert.ok(error.message !== "");
}
