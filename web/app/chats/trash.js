// Conversations that were deleted: for a while they can be put back. No DOM here.
//
// Until the time is over they are only hidden. If the page is closed before, they are deleted then. The list is kept, so
// the next page deletes those for which there was no time.

/** @typedef {{id: string, title: string}} Deleted */

export const UNDO_MS = 10_000;
const MAX = 1000;

export class Trash {
  /** @type {Map<string, Deleted & {until: number, timer: ReturnType<typeof setTimeout>}>} */
  #hidden = new Map();
  #erase;
  #kept;
  #onChange;

  /**
   * @param {object} parts
   * @param {(id: string) => Promise<unknown>} parts.erase Deletes a conversation for good.
   * @param {{get: () => unknown, set: (entries: [string, number][]) => void}} parts.kept Survives the page: ids, and the
   *   times (ms since 1970) after which they cannot be put back.
   * @param {() => void} parts.onChange
   */
  constructor({ erase, kept, onChange }) {
    this.#erase = erase;
    this.#kept = kept;
    this.#onChange = onChange;
  }

  /** Delete what other pages have left, when its time is over. */
  finish() {
    for (const [id, until] of this.#entries()) this.#hide({ id, title: "", until: Math.min(until, Date.now() + UNDO_MS) });
    this.#onChange();
  }

  /** @returns {Set<string>} */
  get ids() {
    return new Set(this.#hidden.keys());
  }

  /** The one that was deleted last on this page, and can be put back. */
  get last() {
    return [...this.#hidden.values()].findLast(({ title }) => title !== "") ?? null;
  }

  /** @param {Deleted} row */
  put({ id, title }) {
    const until = Date.now() + UNDO_MS;
    this.#kept.set([...this.#entries(), [id, until]]);
    this.#hide({ id, title, until });
    this.#onChange();
  }

  /** @param {string} id */
  undo(id) {
    clearTimeout(this.#hidden.get(id)?.timer);
    this.#hidden.delete(id);
    this.#kept.set(this.#entries().filter(([other]) => other !== id));
    this.#onChange();
  }

  /** The page goes: delete what was deleted here. */
  leave() {
    for (const { id, title } of this.#hidden.values()) if (title !== "") void this.#erase(id).catch(() => {});
  }

  /** @param {Deleted & {until: number}} row `title` is empty if it was deleted on another page. */
  #hide({ id, title, until }) {
    if (this.#hidden.has(id)) return;
    const timer = setTimeout(() => void this.#end(id), Math.max(0, until - Date.now()));
    this.#hidden.set(id, { id, title, until, timer });
  }

  /** @param {string} id */
  async #end(id) {
    const isWanted = this.#entries().every(([other]) => other !== id) && this.#hidden.get(id)?.title === "";
    // It was put back there, is open in another tab, or storage fails: then it is shown again.
    if (!isWanted) await this.#erase(id).catch(() => {});
    this.undo(id);
  }

  /** @returns {[string, number][]} */
  #entries() {
    const stored = this.#kept.get();
    const entries = Array.isArray(stored) ? stored : [];
    return entries.filter((each) => Array.isArray(each) && typeof each[0] === "string" && Number.isFinite(each[1])).slice(-MAX);
  }
}
