import assert from "node:assert/strict";
import { asBytes, matchesAny, normalizeGlobs } from "../../../../src/domain/preserve-glob.ts";
import { globCases } from "../../../fixtures/preserve-globs.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";

/** Patterns of files that a reset keeps. */
export const target: FuzzTarget = {
  property: "the same answer as a matcher that tries every possibility, and normalising changes nothing twice",
  largestBytes: 300,
  covers: ["/src/domain/preserve-glob"],
  seeds: globCases.flatMap(([glob, fits, fitsNot]) => [...fits, ...fitsNot].slice(0, 2).map((path) => `${glob}\n${path}`)),
  words: [
    "*",
    "**",
    "**/",
    "/**",
    "?",
    "[",
    "]",
    "[!",
    "[^",
    "a-z",
    "\\",
    "/",
    ".",
    "./",
    "\n",
    "é",
    "€",
    "\xff",
    "a",
    "b",
    "*a*a*a*a",
    "[]]",
    "[a-",
  ],
  check(input): Verdict {
    const lines = input.toString("utf8").split("\n");
    const path = asBytes(lines.pop() ?? "");
    const normalised = normalizeGlobs(lines.slice(0, 8));
    assert.deepEqual(normalizeGlobs(normalised), normalised);
    const globs = normalised.map(asBytes);
    const found = matchesAny(globs, path);
    assert.equal(
      found,
      globs.some((glob) => matchesTree(glob.split("/"), path.split("/"))),
      JSON.stringify([normalised, path]),
    );
    return found ? "taken" : "refused";
  },
};

/** The reference: every way to divide the names among the components. */
function matchesTree(globs: readonly string[], names: readonly string[]): boolean {
  const fits = every(globs.length, names.length, (glob, name, rest) => {
    const isLast = glob + 1 === globs.length;
    if (globs[glob] === "**") return isLast ? name < names.length : rest(glob + 1, name) || (name < names.length && rest(glob, name + 1));
    return name < names.length && matchesText(globs[glob] ?? "", names[name] ?? "") && rest(glob + 1, name + 1);
  });
  return fits(0, 0);
}

type Element = { readonly type: "star" | "any" } | { readonly type: "one"; readonly fits: (char: string) => boolean };

function matchesText(glob: string, name: string): boolean {
  const elements = elementsOf(glob);
  const fits = every(elements.length, name.length, (element, at, rest) => {
    const what = elements[element];
    if (what?.type === "star") return rest(element + 1, at) || (at < name.length && rest(element, at + 1));
    if (what === undefined || at >= name.length) return false;
    if (what.type === "one") return what.fits(name[at] ?? "") && rest(element + 1, at + 1);
    return rest(element + 1, at + (/^.[\x80-\xbf]*/s.exec(name.slice(at))?.[0].length ?? 1));
  });
  return fits(0, 0);
}

/** A function of two indexes that remembers its answers; both at their ends fit. */
function every(
  firsts: number,
  seconds: number,
  step: (first: number, second: number, rest: (first: number, second: number) => boolean) => boolean,
): (first: number, second: number) => boolean {
  const known = new Map<number, boolean>();
  const rest = (first: number, second: number): boolean => {
    if (first === firsts) return second === seconds;
    const key = first * (seconds + 2) + second;
    const found = known.get(key) ?? step(first, second, rest);
    known.set(key, found);
    return found;
  };
  return rest;
}

function elementsOf(glob: string): Element[] {
  const elements: Element[] = [];
  for (let rest = glob; rest !== ""; ) {
    const range = /^\[([!^]?)(\]?[^\]]*)\]/s.exec(rest);
    const [, negation = "", content = ""] = range ?? [];
    if (rest[0] === "*") elements.push({ type: "star" });
    else if (rest[0] === "?") elements.push({ type: "any" });
    else if (range !== null && content !== "") elements.push({ type: "one", fits: (char) => isIn(content, char) !== (negation !== "") });
    else {
      const literal = rest[0] === "\\" && rest.length > 1 ? rest[1] : rest[0];
      elements.push({ type: "one", fits: (char) => char === literal });
    }
    rest = rest.slice(range !== null && content !== "" && rest[0] === "[" ? range[0].length : rest[0] === "\\" && rest.length > 1 ? 2 : 1);
  }
  return elements;
}

function isIn(content: string, char: string): boolean {
  const parts = content.match(/.-.|./gs) ?? [];
  return parts.some((part) => (part[0] ?? "") <= char && char <= (part[2] ?? part[0] ?? ""));
}
