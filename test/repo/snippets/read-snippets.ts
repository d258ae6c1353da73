/** A fenced block of a document that the test does something with. */
export type Snippet = {
  readonly kind: "sh" | "ts" | "file";
  /** Of the file to write. */
  readonly fileName: string;
  /** Of the fence, for messages. */
  readonly line: number;
  readonly text: string;
  /** What `# prints:` and `// prints:` promise, in order. */
  readonly prints: readonly string[];
  /** What `# exits:` promises. Default: 0. */
  readonly exits: number;
};

const fence = /^(?<indent> *)```(?<info>[^\n`]*)\n(?<text>[\s\S]*?)^\k<indent>```/gm;

/** The blocks tagged `sh run`, `ts run` or `… file NAME`, in order; all others are for the eye only. */
export function readSnippets(markdown: string): Snippet[] {
  return [...markdown.matchAll(fence)].flatMap((match): Snippet[] => {
    const { indent = "", info = "", text = "" } = match.groups ?? {};
    const words = info.trim().split(/\s+/);
    const line = markdown.slice(0, match.index).split("\n").length;
    const body = text.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const snippet = { line, text: body, prints: promises(body), exits: Number(/^# exits: (\d+)$/m.exec(body)?.[1] ?? 0) };
    if (words[1] === "file" && words[2] !== undefined) return [{ ...snippet, kind: "file", fileName: words[2] }];
    if (words[1] !== "run") return [];
    if (words[0] === "sh" || words[0] === "ts") return [{ ...snippet, kind: words[0], fileName: `snippet-${line}.${words[0]}` }];
    throw new Error(`line ${line}: a block of ${words[0]} cannot be run; sh and ts can`);
  });
}

function promises(text: string): string[] {
  return [...text.matchAll(/^\s*(?:#|\/\/) prints: (.+)$/gm)].map((match) => match[1] ?? "");
}

/**
 * Compares loosely: each promise stands in the output, in order. Any white space equals any other, `…` stands for anything
 * within a line. Returns the first promise that was not kept.
 */
export function firstBroken(promised: readonly string[], output: string): string | undefined {
  let rest = output;
  for (const text of promised) {
    const pattern = text
      .trim()
      .split("…")
      .map((part) => part.split(/\s+/).map(literally).join("\\s+"))
      .join(".*");
    const found = new RegExp(pattern).exec(rest);
    if (found === null) return text;
    rest = rest.slice(found.index + found[0].length);
  }
  return undefined;
}

function literally(text: string): string {
  return text.replaceAll(/[^\w\s]/g, "\\$&");
}
