import { join } from "node:path";

/**
 * Has the Node.js programs that are started from here keep their compiled modules in the clone: they start twice as fast the
 * next time. Where nothing can be written, nothing is kept. bin/ says the same for programs that users start.
 */
export function keepCompiledModules(): void {
  process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "../node_modules/.cache/compiled");
}
