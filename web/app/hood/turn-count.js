/** Numbers the turns of a conversation, from 1, by their events. */
export class TurnCount {
  #count = 0;
  /** @type {string | null} */
  #turn = null;

  /**
   * @param {import("../../sparewheel.js").Event} event The next one.
   * @returns {number} That of its turn.
   */
  of({ turn }) {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#count += 1;
    }
    return this.#count;
  }
}
