import { Examples, type Finding, type LookedAt } from "./finding.ts";

/** A place where the game does not look, and what to do. The game's own packs (pak01_dir.vpk) do lie in left4dead2/. */
const misplacements: readonly { readonly pattern: RegExp; readonly cure: string }[] = [
  { pattern: /^left4dead2\/left4dead2\//i, cure: "left4dead2/ stands twice: move its content one directory up" },
  { pattern: /^(?!left4dead2\/)[^/]+\/left4dead2\/(?:addons|cfg)\//i, cure: "left4dead2/ must be the overlay's top directory" },
  { pattern: /^addons\//i, cure: "the game looks for addons in left4dead2/addons/" },
  { pattern: /^left4dead2\/addons\/(?:addons|left4dead2)\//i, cure: "the game looks for addons in left4dead2/addons/ itself" },
  { pattern: /^(?:left4dead2\/)?sourcemod\//i, cure: "SourceMod belongs in left4dead2/addons/sourcemod/" },
  { pattern: /^(?:left4dead2\/)?metamod(?:\/|\.vdf$)/i, cure: "Metamod belongs in left4dead2/addons/" },
  { pattern: /^(?:left4dead2\/)?(?!pak\d+_)[^/]+\.vpk$/i, cure: "the game loads .vpk files from left4dead2/addons/" },
];

/** Finds addons of an overlay where the game does not look for them; one warning a kind of mistake. */
export function misplacedAddons({ ref, field }: LookedAt): Finding {
  const found = misplacements.map((misplacement) => ({ ...misplacement, examples: new Examples() }));
  return {
    see({ path, type }) {
      if (type !== "file" && type !== "link") return;
      found.find(({ pattern }) => pattern.test(path))?.examples.add(path);
    },
    warnings: () =>
      found
        .filter(({ examples }) => examples.count > 0)
        .map(({ examples, cure }) => ({
          code: "MISPLACED_ADDON",
          message: `the overlay "${ref}" has ${examples} where the game does not look: ${cure}`,
          field,
        })),
  };
}
