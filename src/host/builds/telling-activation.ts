import type { BuildStore } from "./build-store.ts";

/** Does what may make another build the active one, and tells when one has become it: also where the work failed behind that. */
export async function tellingActivation<T>(builds: BuildStore, activated: () => void, work: () => Promise<T>): Promise<T> {
  const before = builds.active()?.id;
  try {
    return await work();
  } finally {
    if (builds.active()?.id !== before) activated();
  }
}
