import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What it remembers between runs, in the HOME that it must be able to write, as the real one does. */
export class Memory {
  #path;
  #values;

  constructor(home) {
    const directory = join(home, "Steam");
    mkdirSync(join(directory, "logs"), { recursive: true });
    writeFileSync(join(directory, "logs/stderr.txt"), "");
    this.#path = join(directory, "standin-memory.json");
    this.#values = this.#read();
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    this.#values[name] = value;
    writeFileSync(this.#path, JSON.stringify(this.#values));
  }

  #read() {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8"));
    } catch {
      return {};
    }
  }
}
