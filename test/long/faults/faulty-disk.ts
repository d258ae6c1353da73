import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { relative } from "node:path";
import type { Faults } from "./faults.ts";

/** What changes a disk, with the index of the argument that says where. */
const changes = {
  ...{ mkdir: 0, mkdtemp: 0, rename: 1, symlink: 1, link: 1, unlink: 0, rm: 0, rmdir: 0, chmod: 0, lchown: 0, copyFile: 1, writeFile: 0 },
} as const;
const handleChanges = ["writeFile", "write", "chmod", "chown", "sync"] as const;

type AnyFunction = (...args: unknown[]) => Promise<unknown>;

/**
 * Lets every call of `node:fs/promises` that changes something below a root be a step that may fail, whoever makes it: modules
 * see what is replaced in the built-in one, so that nothing of them has to know of it.
 *
 * @returns puts the functions of Node.js back
 */
export async function faultyDisk(root: string, faults: Faults): Promise<() => void> {
  const module = promises as unknown as Record<string, AnyFunction>;
  const { rmdir } = promises;
  const removeMade = (made: unknown) => rmdir(String(made));
  const originals: [object: Record<string, AnyFunction>, name: string, original: AnyFunction][] = [];
  const paths = new WeakMap<object, string>();
  const replace = (object: Record<string, AnyFunction>, name: string, by: (original: AnyFunction) => AnyFunction) => {
    const original = object[name] as AnyFunction;
    originals.push([object, name, original]);
    object[name] = by(original);
  };
  const stepAt = <T>(call: string, path: string, work: () => Promise<T>, undo?: (result: T) => Promise<unknown>): Promise<T> =>
    path === root || path.startsWith(`${root}/`)
      ? faults.step(`${call} ${relative(root, path)}`, work, (code) => diskError(code, call, path), undo)
      : work();
  for (const [name, index] of Object.entries(changes))
    replace(
      module,
      name,
      (original) =>
        (...args) =>
          stepAt(name, String(args[index]), () => original(...args), name === "mkdtemp" ? removeMade : undefined),
    );
  replace(module, "open", (original) => async (path, flags, ...rest) => {
    const open = async () => {
      const handle = (await original(path, flags, ...rest)) as FileHandle;
      paths.set(handle, String(path));
      return handle;
    };
    return isWriting(flags) ? stepAt("open", String(path), open, (handle) => handle.close()) : open();
  });
  const prototype = await handlePrototype(root);
  for (const name of handleChanges)
    replace(
      prototype,
      name,
      (original) =>
        function (this: object, ...args) {
          return stepAt(name, paths.get(this) ?? "", () => original.apply(this, args));
        },
    );
  syncBuiltinESMExports();
  return () => {
    for (const [object, name, original] of originals.toReversed()) object[name] = original;
    syncBuiltinESMExports();
  };
}

/** Text flags as in `wx`, or the number of open(2), whose lowest two bits are the access mode. */
function isWriting(flags: unknown): boolean {
  return typeof flags === "number" ? (flags & 3) !== 0 : typeof flags === "string" && flags !== "r";
}

async function handlePrototype(directory: string): Promise<Record<string, AnyFunction>> {
  const handle = await promises.open(directory, "r");
  await handle.close();
  return Object.getPrototypeOf(handle) as Record<string, AnyFunction>;
}

function diskError(code: "EIO" | "ENOSPC", call: string, path: string): Error {
  const text = code === "EIO" ? "i/o error" : "no space left on device";
  const syscall = call === "sync" ? "fsync" : call;
  return Object.assign(new Error(`${code}: ${text}, ${syscall} '${path}'`), { code, errno: code === "EIO" ? -5 : -28, syscall, path });
}
