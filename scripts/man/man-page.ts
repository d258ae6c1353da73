/** A manual page, whatever it is printed as. */
export type ManPage = {
  readonly name: string;
  readonly section: 1 | 5 | 8;
  /** What stands behind the name, in one line. */
  readonly purpose: string;
  readonly sections: readonly ManSection[];
};

/** A section; level 2 stands below the one before it. */
export type ManSection = { readonly title: string; readonly level?: 1 | 2; readonly blocks: readonly ManBlock[] };

/** A paragraph; lines that are printed as they are; or terms, each with its meaning. `code` within text is set off. */
export type ManBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "example"; readonly lines: readonly string[] }
  | { readonly type: "terms"; readonly rows: readonly ManTerm[] };

/** Something that is explained. */
export type ManTerm = { readonly term: string; readonly text: string };

/** A paragraph. */
export function text(words: string): ManBlock {
  return { type: "text", text: words };
}

/** Lines that are printed as they are. */
export function example(...lines: readonly string[]): ManBlock {
  return { type: "example", lines };
}

/** Terms and what they mean; no block when there are none. */
export function terms(rows: Iterable<readonly [term: string, text: string]>): ManBlock[] {
  const all = [...rows].map(([term, meaning]) => ({ term, text: meaning }));
  return all.length === 0 ? [] : [{ type: "terms", rows: all }];
}
