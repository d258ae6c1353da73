/** So much of an instance's past explains its present. */
const keptLines = 24;

/** What happened to each instance lately: what was done, and what was told. */
export class InstanceHistory {
  readonly #began = performance.now();
  readonly #lines = new Map<string, string[]>();

  constructor(names: readonly string[]) {
    for (const name of names) this.#lines.set(name, []);
  }

  add(name: string, text: string): void {
    const lines = this.#lines.get(name) ?? [];
    lines.push(`    ${((performance.now() - this.#began) / 1000).toFixed(3)} s  ${text}`);
    if (lines.length > keptLines) lines.shift();
    this.#lines.set(name, lines);
  }

  addToAll(text: string): void {
    for (const name of this.#lines.keys()) this.add(name, text);
  }

  /** The last lines of one instance, a line each. */
  of(name: string): string {
    return (this.#lines.get(name) ?? []).join("\n");
  }
}
