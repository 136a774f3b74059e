// Small things that outlive the page, in localStorage: drafts of prompts and agent files, never keys. Storage that is full,
// forbidden or holds something else is no error: then they last as long as the page. No DOM here.

const PREFIX = "sparewheel.";
const MAX_TEXT = 500_000; // characters of a value; longer ones are not kept
const MAX_DRAFTS = 30;

/** @typedef {{prompt?: string, yaml?: string}} Draft What was typed and not sent, or not used. */

/** @returns {Storage | null} Null where it is forbidden. */
function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export class Kept {
  /** @type {Map<string, unknown>} What could not be stored. */
  #own = new Map();
  #storage;

  /** @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} storage */
  constructor(storage = browserStorage()) {
    this.#storage = storage;
  }

  /**
   * @param {string} name
   * @returns {unknown} Of any shape: check it. Undefined if there is none.
   */
  get(name) {
    if (this.#own.has(name)) return this.#own.get(name);
    try {
      const text = this.#storage?.getItem(PREFIX + name);
      return text && text.length <= MAX_TEXT ? JSON.parse(text) : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value JSON; undefined removes it.
   */
  set(name, value) {
    this.#own.set(name, value);
    try {
      const text = JSON.stringify(value) ?? "";
      if (text.length > MAX_TEXT) return;
      if (text === "") this.#storage?.removeItem(PREFIX + name);
      else this.#storage?.setItem(PREFIX + name, text);
      if (this.#storage) this.#own.delete(name);
    } catch {
      // It is full or forbidden.
    }
  }
}

/** What was typed in each conversation; the drafts of the last ones are kept. */
export class Drafts {
  #kept;

  /** @param {Kept} kept */
  constructor(kept) {
    this.#kept = kept;
  }

  /**
   * @param {string} chat
   * @returns {Draft}
   */
  of(chat) {
    const found = this.#all().find(([id]) => id === chat)?.[1];
    const { prompt, yaml } = Object(found);
    return { ...(typeof prompt === "string" && { prompt }), ...(typeof yaml === "string" && { yaml }) };
  }

  /**
   * @param {string} chat
   * @param {Draft} draft Replaces those fields of the former one.
   */
  set(chat, draft) {
    const next = Object.fromEntries(Object.entries({ ...this.of(chat), ...draft }).filter(([, text]) => text));
    const others = this.#all().filter(([id]) => id !== chat);
    const all = Object.keys(next).length > 0 ? [...others, [chat, next]] : others;
    const sizes = all.map((entry) => JSON.stringify(entry).length + 1);
    let total = sizes.reduce((sum, size) => sum + size, 1);
    let first = Math.max(0, all.length - MAX_DRAFTS);
    for (let at = 0; at < all.length && total > MAX_TEXT; at++) {
      total -= sizes[at] ?? 0;
      first = Math.max(first, at + 1);
    }
    this.#kept.set("drafts", all.slice(first));
  }

  /** @returns {[string, unknown][]} */
  #all() {
    const stored = this.#kept.get("drafts");
    return Array.isArray(stored) ? stored.filter((entry) => Array.isArray(entry) && typeof entry[0] === "string") : [];
  }
}
