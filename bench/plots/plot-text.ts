/** A text of an image. @param attributes of SVG, as they are written */
export function plotText(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}"${attributes === "" ? "" : ` ${attributes}`}>${escaped(content)}</text>`;
}

/** A text as it stands in SVG. */
export function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function rounded(position: number): number {
  return Math.round(position * 10) / 10;
}
