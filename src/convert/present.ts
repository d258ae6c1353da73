/** The members that are there: what is undefined is left out, as exact optional properties demand. */
export type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out the members that are undefined. */
export function present<T extends object>(members: T): Present<T> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined) kept[key] = value;
  }
  return kept as Present<T>;
}

/** The contract's "" is the domain's undefined, wherever an absent text has no meaning of its own. */
export function textOrUndefined(text: string): string | undefined {
  return text === "" ? undefined : text;
}
