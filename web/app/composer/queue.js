// Prompts that wait for the end of the turn that runs, by conversation. No DOM here.

/**
 * @typedef {object} Waiting
 * @property {import("../../sparewheel.js").Prompt} prompt
 * @property {import("../../sparewheel.js").TurnOptions} options
 */

export const MAX_WAITING = 10;

export class Queue {
  /** @type {WeakMap<object, readonly Waiting[]>} By conversation. */
  #waiting = new WeakMap();

  /**
   * @param {object} chat
   * @returns {readonly Waiting[]} In the order in which they are sent.
   */
  of(chat) {
    return this.#waiting.get(chat) ?? [];
  }

  /**
   * @param {object} chat
   * @param {Waiting} waiting
   * @returns {boolean} Whether there was room.
   */
  add(chat, waiting) {
    const before = this.of(chat);
    if (before.length >= MAX_WAITING) return false;
    this.#waiting.set(chat, [...before, waiting]);
    return true;
  }

  /**
   * Take one out: the first by default.
   * @param {object} chat
   * @param {Waiting | undefined} [waiting]
   */
  take(chat, waiting = this.of(chat)[0]) {
    this.#waiting.set(
      chat,
      this.of(chat).filter((each) => each !== waiting),
    );
    return waiting;
  }
}
