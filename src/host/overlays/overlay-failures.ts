import { HostError } from "../../domain/host-error.ts";
import { invalidSpec } from "../../domain/instance-spec.ts";
import type { OverlayPlace } from "./overlay-place.ts";

/** @param found what lies at the reference instead */
export function overlayNotFound(ref: string, found: OverlayPlace["type"]): HostError {
  const what = found === "names" ? "is a directory that holds neither left4dead2 nor a file" : "does not exist";
  return new HostError("OVERLAY_NOT_FOUND", `the overlay "${ref}" ${what}; import it (ImportOverlay), or see ListOverlays`, {
    metadata: { ref },
    violations: [{ field: "ref", description: what }],
  });
}

/** For whoever wants to replace or remove what the host did not place. */
export function mutableOverlay(ref: string): HostError {
  return new HostError(
    "OVERLAY_MUTABLE",
    `the overlay "${ref}" is a directory that was put there by hand; the host neither replaces nor removes it`,
    {
      metadata: { ref },
    },
  );
}

/** @param other the overlay that exists */
export function refConflict(ref: string, other: string): HostError {
  return new HostError(
    "OVERLAY_REF_CONFLICT",
    `the overlay "${ref}" cannot exist beside "${other}": one would lie inside the other; choose another reference`,
    {
      metadata: { ref, other },
    },
  );
}

/**
 * One error for all references of a specification that cannot be resolved; `index` is the place in `spec.overlays`.
 *
 * What is not the specification's fault (a damaged state, a defect) comes through as it is.
 */
export function overlaysUnresolved(failures: readonly { readonly index: number; readonly error: unknown }[]): unknown {
  const other = failures.find(({ error }) => !isReason(error, "INVALID_OVERLAY_REF") && !isReason(error, "OVERLAY_NOT_FOUND"));
  if (other !== undefined) return other.error;
  const violations = failures.map(({ index, error }) => ({ field: `spec.overlays[${index}].ref`, description: descriptionOf(error) }));
  if (failures.some(({ error }) => isReason(error, "INVALID_OVERLAY_REF"))) return invalidSpec(violations);
  const refs = failures.map(({ error }) => (error as HostError).metadata["ref"] ?? "");
  const named = refs.map((ref) => `"${ref}"`).join(", ");
  return new HostError(
    "OVERLAY_NOT_FOUND",
    `the specification names overlays that do not exist: ${named}; import them (ImportOverlay), or see ListOverlays`,
    {
      metadata: { ref: refs.join(", ") },
      violations,
    },
  );
}

function isReason(error: unknown, reason: HostError["reason"]): boolean {
  return error instanceof HostError && error.reason === reason;
}

function descriptionOf(error: unknown): string {
  const [violation] = (error as HostError).violations;
  return violation?.description ?? (error as HostError).message;
}
