import { HostError } from "./host-error.ts";

const component = /^[A-Za-z0-9@%+=._-]{1,64}$/;
const maximumComponents = 8;

/** Why `ref` is no overlay reference, in words that follow "the reference"; undefined when it is one. */
export function overlayRefProblem(ref: string): string | undefined {
  if (ref === "") return "is empty";
  if (ref.startsWith("/")) return "is absolute; it is relative to the host's overlays directory";
  const components = ref.split("/");
  if (components.length > maximumComponents) return `has more than ${maximumComponents} components`;
  for (const part of components) {
    if (part === "") return "has an empty component";
    if (part === "." || part === "..") return `has the component "${part}"`;
    if (!component.test(part)) return "has a component that is not 1 to 64 characters of A-Z a-z 0-9 @ % + = . _ -";
  }
  return undefined;
}

/** Returns the reference, or throws INVALID_OVERLAY_REF. */
export function parseOverlayRef(ref: string, field = "ref"): string {
  const problem = overlayRefProblem(ref);
  if (problem === undefined) return ref;
  const shown = ref.length > 200 ? `${ref.slice(0, 200)}…` : ref;
  throw new HostError("INVALID_OVERLAY_REF", `the reference ${JSON.stringify(shown)} ${problem}`, {
    metadata: { ref: shown },
    violations: [{ field, description: problem }],
  });
}

/** Whether one reference would lie inside the other's directory. */
export function overlayRefsConflict(a: string, b: string): boolean {
  return a !== b && (a.startsWith(`${b}/`) || b.startsWith(`${a}/`));
}
