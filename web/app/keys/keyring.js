// The keys of this tab, in memory and nowhere else. No DOM here.

/** @typedef {"works" | "refused" | "blocked" | "unreachable" | "unclear"} CheckState */

/** Names and values of keys. What shows them learns which names have a value, never the value. */
export class Keyring extends EventTarget {
  /** @type {Map<string, string>} */
  #keys = new Map();

  /** The environment of a session: a copy. @returns {Record<string, string>} */
  get env() {
    return Object.fromEntries(this.#keys);
  }

  /** The names that have a key, in the order in which they were entered. */
  get names() {
    return [...this.#keys.keys()];
  }

  /** @param {string} name */
  has(name) {
    return this.#keys.has(name);
  }

  /** @param {string} name */
  get(name) {
    return this.#keys.get(name);
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    if (this.#keys.get(name) === value) return;
    this.#keys.set(name, value);
    this.#changed();
  }

  /** @param {string} name */
  remove(name) {
    if (this.#keys.delete(name)) this.#changed();
  }

  /**
   * Take these keys in at once. Those of this tab stay, unless they have the same name.
   * @param {Record<string, string>} keys
   */
  add(keys) {
    const before = JSON.stringify([...this.#keys]);
    for (const [name, value] of Object.entries(keys)) this.#keys.set(name, value);
    if (JSON.stringify([...this.#keys]) !== before) this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
