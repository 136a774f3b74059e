import { holdSession, untilFree } from "./store.js";

/**
 * Whether this tab drives a stored session, or another one does. One tab at a time drives a session.
 *
 * @typedef {import("../protocol.js").SessionCreated} SessionCreated
 *
 * @typedef {object} Place
 * @property {string} database Where the session is stored; empty: in the worker's memory.
 * @property {string} id
 * @property {(ifFree: boolean) => Promise<SessionCreated>} take Asks the worker to drive it.
 * @property {(created: SessionCreated) => void} taken Called when this tab drives it, after the other tab has ended.
 */
export class Driving {
  readOnly = false;
  #place;
  /** Ends when another tab begins to drive it, or this one. */
  #current = new AbortController();

  /** @param {Place} place */
  constructor(place) {
    this.#place = place;
  }

  /** @param {boolean} readOnly Whether another tab drives it. */
  set(readOnly) {
    const { database, id } = this.#place;
    this.readOnly = readOnly;
    this.#current.abort();
    this.#current = new AbortController();
    const { signal } = this.#current;
    if (readOnly) void this.#takeWhenFree(signal);
    else holdSession(database, id, signal);
  }

  /** Drive it, although another tab does. */
  async take() {
    if (this.readOnly) this.#current.abort(); // this asks for it
    try {
      return await this.#place.take(false);
    } catch (error) {
      this.set(this.readOnly);
      throw error;
    }
  }

  end() {
    this.#current.abort();
  }

  /**
   * Become the driver when the other tab is gone, without asking it.
   * @param {AbortSignal} signal
   */
  async #takeWhenFree(signal) {
    const { database, id, take, taken } = this.#place;
    while (await untilFree(database, id, signal)) {
      const created = await take(true).catch(() => null); // then the user may ask for it
      if (created === null) return;
      if (created.read_only) continue; // a third tab has it
      taken(created);
      return;
    }
  }
}
