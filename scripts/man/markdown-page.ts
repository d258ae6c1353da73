import type { ManBlock, ManPage } from "./man-page.ts";

/** Writes a page for readers of the repository. Version and day are those of the repository. */
export function markdownPage({ name, section, purpose, sections }: ManPage, source: string): string {
  const body = sections.flatMap(({ title, level = 1, blocks }) => [`${level === 1 ? "##" : "###"} ${title}`, ...blocks.flatMap(blockText)]);
  return `<!-- Written by \`npm run generate\` from ${source}. -->\n${[`# ${name}(${section})`, `${name} - ${purpose}`, ...body].join("\n\n")}\n`;
}

function blockText(block: ManBlock): string[] {
  if (block.type === "text") return [escaped(block.text)];
  if (block.type === "example") return [["```text", ...block.lines, "```"].join("\n")];
  return [block.rows.map(({ term, text }) => `- \`${term}\`${text === "" ? "" : `: ${escaped(text)}`}`).join("\n")];
}

/** Stars and angle brackets are meant as they are; not within `code`. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[*_<>[\]]/g, "\\$&")))
    .join("");
}
