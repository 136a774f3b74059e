// What the page keeps of each stored conversation beside the journal: the models that have answered, and the text to search.
// A conversation is read once after each change of it, one at a time, when its digest is wanted. No DOM here.

import { briefly } from "../composer/prompt-text.js";
import { searchable } from "./search.js";
import { storedChat } from "./stored-turns.js";

/**
 * @typedef {import("../../sparewheel.js").SessionRow} SessionRow
 *
 * @typedef {object} Digest
 * @property {string} id
 * @property {string} updated Of the conversation that was read.
 * @property {readonly string[]} models
 * @property {string} text Of prompts and answers.
 *
 * @typedef {object} Shelf Where digests outlive the page. Nothing here rejects.
 * @property {() => Promise<Digest[]>} all
 * @property {(digest: Digest) => void} put
 * @property {(ids: string[]) => void} remove
 */

/** Characters of a conversation that are searched: the first and the last ones of a longer one. */
const MAX_TEXT = 200_000;
const MAX_MODELS = 8;

export class Digests {
  /** @type {Map<string, Digest & {searched?: import("./search.js").Text}>} */
  #known = new Map();
  /** @type {Map<string, SessionRow>} */
  #rows = new Map();
  /** @type {Set<string>} Ids, in order. */
  #wanted = new Set();
  #reading = false;
  #paused = false;
  /** @type {Promise<void> | null} */
  #loaded = null;
  #read;
  #shelf;
  #onChange;

  /**
   * @param {(id: string) => Promise<unknown>} read The exported document of a conversation.
   * @param {Shelf} shelf
   * @param {() => void} onChange
   */
  constructor(read, shelf, onChange) {
    this.#read = read;
    this.#shelf = shelf;
    this.#onChange = onChange;
  }

  /** @param {readonly SessionRow[]} rows All conversations: what is known of others is forgotten. */
  async sync(rows) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#loaded ??= this.#load();
    await this.#loaded;
    const gone = [...this.#known.keys()].filter((id) => !this.#rows.has(id));
    for (const id of gone) this.#known.delete(id);
    if (gone.length) this.#shelf.remove(gone);
    this.#run();
  }

  async #load() {
    for (const digest of await this.#shelf.all()) this.#known.set(digest.id, digest);
    this.#onChange();
  }

  /** @param {string} id */
  modelsOf(id) {
    return this.#known.get(id)?.models ?? [];
  }

  /** @param {string} id */
  textOf(id) {
    const digest = this.#known.get(id);
    if (!digest) return { raw: "", folded: "" };
    return (digest.searched ??= searchable(digest.text));
  }

  /** How many conversations have changed since they were read. */
  get missing() {
    let count = 0;
    for (const row of this.#rows.values()) if (!this.#isFresh(row)) count += 1;
    return count;
  }

  /** @param {Iterable<string>} ids Conversations whose digests are wanted, before those that were wanted before. */
  want(ids) {
    this.#wanted = new Set([...ids, ...this.#wanted]);
    this.#run();
  }

  wantAll() {
    for (const id of this.#rows.keys()) this.#wanted.add(id);
    this.#run();
  }

  /** @param {boolean} paused While a turn runs, nothing is read. */
  pause(paused) {
    this.#paused = paused;
    this.#run();
  }

  /** @param {SessionRow} row */
  #isFresh({ id, updated }) {
    return this.#known.get(id)?.updated === updated;
  }

  async #run() {
    if (this.#reading) return;
    this.#reading = true;
    while (!this.#paused) {
      const id = [...this.#wanted.values()].find(() => true);
      if (id === undefined) break;
      this.#wanted.delete(id);
      const row = this.#rows.get(id);
      if (row && !this.#isFresh(row)) await this.#take(row);
    }
    this.#reading = false;
  }

  /** @param {SessionRow} row */
  async #take({ id, updated }) {
    /** @type {Digest} */
    let digest = { id, updated, models: [], text: "" };
    try {
      digest = { ...digest, ...digestOf(await this.#read(id)) };
    } catch {
      // It was deleted, or cannot be read: then there is nothing to search.
    }
    this.#known.set(id, digest);
    this.#shelf.put(digest);
    this.#onChange();
  }
}

/**
 * @param {unknown} document
 * @returns {Pick<Digest, "models" | "text">}
 */
function digestOf(document) {
  const { turns, models } = storedChat(document);
  const texts = turns.flatMap(({ prompt, events }) => [
    briefly(prompt, Infinity),
    ...events.flatMap((event) => (event.type === "delta" && event.content ? [event.content] : [])),
  ]);
  return { models: models.slice(0, MAX_MODELS).map((model) => model.slice(0, 200)), text: bounded(texts.join("\n")) };
}

/** @param {string} text */
function bounded(text) {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT / 2)}\n${text.slice(-MAX_TEXT / 2)}`;
}
