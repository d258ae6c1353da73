import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { TestContext } from "node:test";

/** Lets a call of `node:fs/promises` fail with EIO, whoever makes it, where one of its arguments is such a path. Ends with the test. */
export function failCall(t: TestContext, call: "rmdir" | "symlink", isAt: (path: string) => boolean): void {
  const module = promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const original = module[call] as (...args: unknown[]) => Promise<unknown>;
  module[call] = async (...args) => {
    const path = args.find((argument) => typeof argument === "string" && isAt(argument));
    if (path !== undefined) throw Object.assign(new Error(`EIO: i/o error, ${call} '${path}'`), { code: "EIO", path });
    return await original(...args);
  };
  syncBuiltinESMExports();
  t.after(() => {
    module[call] = original;
    syncBuiltinESMExports();
  });
}
