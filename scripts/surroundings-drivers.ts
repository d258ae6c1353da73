import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Which driver the tests of a directory run games with. Unit tests run none. */
const drivers: readonly (readonly [directory: string, driver: string])[] = [
  ["test/wire/", "embedded"],
  ["test/hosts/", "systemd"],
  ["test/conformance/", "embedded and systemd"],
  ["test/unit/", "none: parts of the daemon by themselves"],
];

/** A table: on which driver each row of "Surroundings" in docs/reference/bad-input.md is proven, by the tests that it names. */
export function surroundingsDrivers(root: string): string {
  const page = readFileSync(join(root, "docs/reference/bad-input.md"), "utf8");
  const section = page.split(/^## /m).find((text) => text.startsWith("Surroundings\n")) ?? "";
  const rows = section.split("\n").flatMap((line) => {
    const [, what, , proof] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (what === undefined || proof === undefined || /^(-+|what happens)$/.test(what)) return [];
    return [`| ${what} | ${driversOf(proof)} |`];
  });
  if (rows.length === 0) throw new Error("docs/reference/bad-input.md has no rows below ## Surroundings");
  return ["| what happens | proven on the driver |", "|---|---|", ...rows].join("\n");
}

function driversOf(proof: string): string {
  const files = [...proof.matchAll(/`(test\/[^`]+)`/g)].map(([, file = ""]) => file);
  return drivers.flatMap(([directory, driver]) => (files.some((file) => file.startsWith(directory)) ? [driver] : [])).join(" and ");
}
