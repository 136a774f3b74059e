// The events of a conversation that a trace is made of, with the times at which they came. No DOM here.

/** @typedef {import("../../sparewheel.js").Event} Event */

/** Later ones are not kept. */
const MAX_EVENTS = 20_000;

export class TimedLog {
  /** @type {[number, Event][]} */
  entries = [];
  /** @type {string} The attempt whose first piece has come. */
  #begun = "";

  clear() {
    this.entries = [];
  }

  /** @param {Event} event */
  push(event) {
    if (event.type === "delta" || event.type === "tool_call_delta") {
      const attempt = `${event.turn} ${event.task} ${event.attempt}`;
      if (attempt === this.#begun) return;
      this.#begun = attempt;
    }
    if (this.entries.length < MAX_EVENTS) this.entries.push([Date.now(), event]);
  }
}
