/** A manual page in the words of `man(7)`. */
export type ManPage = {
  readonly name: string;
  readonly section: number;
  /** The version that it speaks of, and its day as YYYY-MM-DD. */
  readonly source: string;
  readonly date: string;
  /** What stands behind the name, in one line. */
  readonly purpose: string;
  readonly sections: readonly ManSection[];
};

/** Text is filled; `example` is printed as it is. */
export type ManSection = { readonly title: string; readonly level?: 1 | 2; readonly text?: string; readonly example?: string };

/** Writes a page for `man`. */
export function manPage({ name, section, source, date, purpose, sections }: ManPage): string {
  const head = `.TH ${name.toUpperCase().replaceAll("-", "\\-")} ${section} ${date} "${source}" left4me\\-host`;
  const first = [".SH NAME", `${roff(name)} \\- ${roff(purpose)}`];
  return `${[head, ...first, ...sections.flatMap(sectionLines)].join("\n")}\n`;
}

function sectionLines({ title, level = 1, text, example }: ManSection): string[] {
  const lines = [`${level === 1 ? ".SH" : ".SS"} ${roff(title)}`];
  if (text !== undefined) lines.push(...text.split("\n").map((line) => (line === "" ? ".PP" : roff(line))));
  if (example !== undefined) lines.push(".EX", ...example.trimEnd().split("\n").map(roff), ".EE");
  return lines;
}

/** A backslash, a hyphen, what is not ASCII, and a line that would begin like a request. */
function roff(line: string): string {
  return line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/[^\x00-\x7f]/gu, (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`)
    .replace(/^(?=[.'])/, "\\&");
}
