/**
 * @typedef {object} Cvar
 * @property {string} name as it was defined; looked up without regard to case
 * @property {string} value
 * @property {Array<(value: string) => void>} watchers
 */

/** The console variables. Every value is text, as in the engine; the last write wins. */
export class Cvars {
  /** @type {Map<string, Cvar>} */
  #byName = new Map();

  /** @param {Record<string, string>} defaults */
  define(defaults) {
    for (const [name, value] of Object.entries(defaults)) {
      this.#byName.set(name.toLowerCase(), { name, value, watchers: [] });
    }
  }

  /**
   * @param {string} name
   * @returns {Cvar | undefined}
   */
  find(name) {
    return this.#byName.get(name.toLowerCase());
  }

  /**
   * @param {string} name of a cvar that exists
   * @returns {string}
   */
  text(name) {
    return this.#get(name).value;
  }

  /**
   * @param {string} name of a cvar that exists
   * @returns {number} 0 for text that starts with no number, as the engine has it
   */
  number(name) {
    return Number.parseFloat(this.text(name)) || 0;
  }

  /**
   * @param {string} name of a cvar that exists
   * @returns {boolean}
   */
  isOn(name) {
    return this.number(name) !== 0;
  }

  /**
   * @param {string} name of a cvar that exists
   * @param {string} value
   */
  set(name, value) {
    const cvar = this.#get(name);
    cvar.value = value;
    for (const watcher of cvar.watchers) watcher(value);
  }

  /**
   * Calls back at every write, also of an equal value.
   * @param {string} name of a cvar that exists
   * @param {(value: string) => void} watcher
   */
  watch(name, watcher) {
    this.#get(name).watchers.push(watcher);
  }

  /** @returns {Cvar[]} all, by name */
  list() {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @param {string} name */
  #get(name) {
    const cvar = this.find(name);
    if (!cvar) throw new Error(`no cvar ${name}`);
    return cvar;
  }
}
