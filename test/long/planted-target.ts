import assert from "node:assert/strict";
import { EscapeError, type FuzzTarget } from "../evidence/fuzz/fuzz-target.ts";

const faults: Readonly<Record<string, () => void>> = {
  "?none": () => {},
  "?moved": () => {},
  "?crash": () => {
    throw new TypeError("planted");
  },
  "?wrong": () => assert.equal(1, 2, "planted"),
  "?escape": () => {
    throw new EscapeError("planted");
  },
  "?hang": () => {
    for (;;);
  },
  "?memory": () => {
    // In small pieces: V8 ends a whole process, and not the thread, where much is asked for before it looks at what it was told.
    for (let kept: unknown; ; ) kept = { kept, more: [0, 1, 2, 3] };
  },
};

/** What happens behind four bytes that nobody finds who does not see how far he has got; the query of the module's address says what. */
export const target: FuzzTarget = {
  property: "nothing is planted",
  largestBytes: 16,
  covers: ["planted-target", ...(new URL(import.meta.url).search === "?moved" ? ["/moved/since"] : [])],
  seeds: ["seed"],
  words: [],
  check(input) {
    if (input[0] === 0x66) {
      if (input[1] === 0x75) {
        if (input[2] === 0x7a) {
          if (input[3] === 0x7b) faults[new URL(import.meta.url).search]?.();
          return "taken";
        }
      }
    }
    return "refused";
  },
};
