const wildcards: Readonly<Record<string, string>> = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" };

/** A pattern of paths as a regular expression: `*` and `?` stay within a name, `**` goes over directories. */
export function pathPattern(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|[*?]|[\\^$.|+()[\]{}]/g, (part) => wildcards[part] ?? `\\${part}`);
  return new RegExp(`^${source}$`, "su");
}
