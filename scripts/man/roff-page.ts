import type { ManBlock, ManPage, ManSection } from "./man-page.ts";

/** Of what a page speaks: the version, and its day as YYYY-MM-DD. */
export type PageOrigin = { readonly version: string; readonly date: string };

/** Writes a page for `man`, in the words of man(7). */
export function roffPage({ name, section, purpose, sections }: ManPage, { version, date }: PageOrigin): string {
  const head = `.TH ${roff(name.toUpperCase())} ${section} ${date} "left4me\\-host ${roff(version)}" "left4me\\-host"`;
  // No hyphens and no stretched lines: names of options and variables stay as they are typed.
  const first = [".nh", ".ad l", ".SH NAME", `${roff(name)} \\- ${roff(purpose)}`];
  return `${[head, ...first, ...sections.flatMap(sectionLines)].join("\n")}\n`;
}

function sectionLines({ title, level = 1, blocks }: ManSection): string[] {
  const [first, ...rest] = blocks.flatMap((block, index) => blockLines(block, index === 0));
  return [`${level === 1 ? ".SH" : ".SS"} ${roff(title)}`, ...(first === undefined ? [] : [first, ...rest])];
}

/** A heading begins a paragraph of its own. */
function blockLines(block: ManBlock, isFirst: boolean): string[] {
  if (block.type === "terms") return block.rows.flatMap(({ term, text }) => [".TP", `\\fB${roff(term)}\\fP`, ...filled(text)]);
  const begin = isFirst ? [] : [".PP"];
  if (block.type === "text") return [...begin, ...filled(block.text)];
  return [...begin, ".RS 4", ".EX", ...block.lines.map((line) => safe(roff(line))), ".EE", ".RE"];
}

/** Text in lines of at most 78 characters, with `code` in bold. */
function filled(text: string): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    if (last === "" || last.length + 1 + word.length <= 72) lines[lines.length - 1] = `${last}${last === "" ? "" : " "}${word}`;
    else lines.push(word);
  }
  const marked = lines.join("\n").replaceAll(/`([^`]+)`/g, (_, code: string) => `\u0001${code}\u0002`);
  return marked.split("\n").map((line) => safe(roff(line)).replaceAll("\u0001", "\\fB").replaceAll("\u0002", "\\fP"));
}

/** A backslash, a hyphen, and what is not ASCII. */
function roff(line: string): string {
  return line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll('"', "\\(dq")
    .replaceAll("'", "\\(aq")
    .replaceAll(/[^\x00-\x7f]/gu, (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`);
}

/** No line begins like a request. */
function safe(line: string): string {
  return line.replace(/^(?=[.'])/, "\\&");
}
