import assert from "node:assert/strict";
import { EscapeError, type FuzzTarget } from "../../evidence/fuzz/fuzz-target.ts";

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
    for (const kept: string[][] = []; ; ) kept.push(Array.from({ length: 1000 }, (_, index) => `${index}${kept.length}`));
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
