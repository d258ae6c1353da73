import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { TestContext } from "node:test";

type Call = "rename" | "rmdir" | "symlink";

/** Lets a call of `node:fs/promises` fail with EIO, whoever makes it, where one of its arguments is such a path. Ends with the test. */
export function failCall(t: TestContext, call: Call, isAt: (path: string) => boolean): void {
  beforeCall(t, call, async (path) => {
    if (isAt(path)) throw Object.assign(new Error(`EIO: i/o error, ${call} '${path}'`), { code: "EIO", path });
  });
}

/** Does this before a call of `node:fs/promises`, whoever makes it, with each text among its arguments. Ends with the test. */
export function beforeCall(t: TestContext, call: Call, work: (path: string) => Promise<void>): void {
  const module = promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const original = module[call] as (...args: unknown[]) => Promise<unknown>;
  module[call] = async (...args) => {
    for (const argument of args) if (typeof argument === "string") await work(argument);
    return await original(...args);
  };
  syncBuiltinESMExports();
  t.after(() => {
    module[call] = original;
    syncBuiltinESMExports();
  });
}
