/**
 * The patterns of `spec.preserve`, and of the paths that `l4d2ctl explain --files` tells. The helper of the systemd driver
 * matches in the same way (systemd/overlay/glob.c); one table of cases tests both.
 *
 *   *      any characters of one name, also none; a dot is a character like any other
 *   ?      one character
 *   [a-c]  one of these ASCII characters, [!a-c] or [^a-c] one that is none of these; a `]` that comes first is meant
 *   **     as a whole component: any number of directories, also none; at the end: everything below
 *   \x     x itself
 *
 * Upper and lower case differ. A `[` without its `]` stands for itself.
 */

/** The form in which patterns are compared: without components that mean nothing (`.`, and an empty one). */
export function normalizeGlobs(globs: readonly string[]): string[] {
  const components = (glob: string) => glob.split("/").filter((part) => part !== "" && part !== ".");
  return [...new Set(globs.map((glob) => components(glob).join("/")))].filter((glob) => glob !== "");
}

/**
 * Whether a path is named by one of the patterns. Works on bytes, because names of files are bytes: both are given as
 * latin1 strings ({@link asBytes}).
 *
 * @param globs normalised, each as bytes
 */
export function matchesAny(globs: readonly string[], path: string): boolean {
  const names = path.split("/");
  return globs.some((glob) => matchesComponents(glob.split("/"), names));
}

/** A text, one character a byte of its UTF-8. */
export function asBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A star takes as little as it can, and one more each time that what follows does not fit: the last one is enough to go back to. */
function matchesComponents(globs: readonly string[], names: readonly string[]): boolean {
  let glob = 0;
  let name = 0;
  let back: { glob: number; name: number } | undefined;
  while (name < names.length) {
    if (globs[glob] === "**") {
      // At the end: everything below, which is at least one name.
      if (glob + 1 === globs.length) return true;
      glob += 1;
      back = { glob, name };
    } else if (glob < globs.length && matchesName(globs[glob] ?? "", names[name] ?? "")) {
      glob += 1;
      name += 1;
    } else if (back === undefined) return false;
    else {
      back.name += 1;
      ({ glob, name } = back);
    }
  }
  return glob === globs.length;
}

function matchesName(glob: string, name: string): boolean {
  let at = 0;
  let index = 0;
  let back: { at: number; index: number } | undefined;
  while (index < name.length) {
    if (glob[at] === "*") {
      at += 1;
      back = { at, index };
      continue;
    }
    const step = stepAt(glob, at, name, index);
    if (step !== undefined) {
      at += step.glob;
      index += step.name;
    } else if (back === undefined) return false;
    else {
      back.index += 1;
      ({ at, index } = back);
    }
  }
  while (glob[at] === "*") at += 1;
  return at === glob.length;
}

/** How far one element of a pattern, which is no star, leads; undefined when it does not fit. */
function stepAt(glob: string, at: number, name: string, index: number): { glob: number; name: number } | undefined {
  const char = glob[at];
  if (char === undefined) return undefined;
  if (char === "?") return { glob: 1, name: characterLength(name, index) };
  if (char === "[") {
    const end = classEnd(glob, at);
    if (end !== undefined) return inClass(glob.slice(at + 1, end), name[index] ?? "") ? { glob: end + 1 - at, name: 1 } : undefined;
  }
  if (char === "\\" && at + 1 < glob.length) return glob[at + 1] === name[index] ? { glob: 2, name: 1 } : undefined;
  return char === name[index] ? { glob: 1, name: 1 } : undefined;
}

/** A byte, and those that continue its character. */
function characterLength(name: string, index: number): number {
  let length = 1;
  while (isContinuation(name.charCodeAt(index + length))) length += 1;
  return length;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0; // NaN behind the end is neither
}

/** The index of the `]` that ends a class. */
function classEnd(glob: string, at: number): number | undefined {
  const first = at + (glob[at + 1] === "!" || glob[at + 1] === "^" ? 2 : 1);
  const end = glob.indexOf("]", first + 1);
  return end < 0 ? undefined : end;
}

function inClass(content: string, char: string): boolean {
  const isNegated = content[0] === "!" || content[0] === "^";
  let found = false;
  for (let index = isNegated ? 1 : 0; index < content.length; index += 1) {
    const low = content[index] ?? "";
    const isRange = content[index + 1] === "-" && index + 2 < content.length;
    const high = isRange ? (content[index + 2] ?? "") : low;
    found ||= low <= char && char <= high;
    if (isRange) index += 2;
  }
  return found !== isNegated;
}
