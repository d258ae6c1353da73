import { type Explanation, type FileOrigin, type Layer, LayerKind, type WrittenFile } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { ageOf } from "../output/contract-words.ts";
import { formatTable } from "../output/table.ts";

/** Without a pattern nobody wants to scroll. */
const fewRows = 20;

/**
 * Where files come from and what the game wrote, each a text whose first line is a heading. Nothing to tell: no text.
 *
 * @param isShort tells only the first few files that hide others and that were written
 */
export function fileTables({ layers, files, filesTruncated, written }: Explanation, isShort: boolean): string[] {
  const changes = written?.files ?? [];
  const wanted = isShort ? files.filter(({ hides }) => hides.length > 0) : files;
  const shown = isShort ? wanted.slice(0, fewRows) : wanted;
  const first = isShort ? changes.slice(0, fewRows) : changes;
  return [
    section(isShort ? "Files that hide others" : "Files, and what they hide", originTable(shown, layers), [
      ...restOf(wanted.length - shown.length),
      ...(shown.length > 0 ? othersOf(files.length - wanted.length) : []),
      ...(filesTruncated ? cut : []),
    ]),
    section("Written by the game", writtenTable(first), [
      ...restOf(changes.length - first.length),
      ...(written?.truncated === true ? cut : []),
    ]),
  ].filter((text) => text !== "");
}

const cut = ["there are more than the host tells\n"];

function restOf(rest: number): string[] {
  return rest === 0 ? [] : [`${rest} more: --files '**' tells all of them\n`];
}

function othersOf(others: number): string[] {
  if (others === 0) return [];
  return [`${others === 1 ? "1 other hides" : `${others} others hide`} nothing: --files '**' tells all of them\n`];
}

function section(heading: string, table: string, remarks: readonly string[]): string {
  return table === "" && remarks.length === 0 ? "" : `${heading}\n${table}${remarks.join("")}`;
}

function originTable(files: readonly FileOrigin[], layers: readonly Layer[]): string {
  const nameOf = (index: number) => layerName(layers[index]);
  return tableOf(
    ["PATH", "FROM", "HIDES"],
    files.map(({ path, layer, hides }) => [path, nameOf(layer), hides.map(nameOf).join(", ")]),
  );
}

function writtenTable(files: readonly WrittenFile[]): string {
  return tableOf(
    ["PATH", "SIZE", "AGE"],
    files.map(({ path, deleted, sizeBytes, changeTime }) => [path, deleted ? "deleted" : formatBytes(sizeBytes), ageOf(changeTime)]),
  );
}

function tableOf(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : formatTable(heading, rows);
}

const layerWords: Readonly<Record<number, string>> = {
  [LayerKind.UPPER]: "the game",
  [LayerKind.CONFIGURATION]: "configuration",
  [LayerKind.BUILD]: "build",
};

function layerName(layer: Layer | undefined): string {
  return layer === undefined ? "?" : layer.overlayRef || layerWords[layer.kind] || "?";
}
