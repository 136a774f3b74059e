// docker-agent sends `tool_call` when a call runs, the runtime when a model has asked for it: hold it back until then.

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {{event: Event, timer: ReturnType<typeof setTimeout>}} Held
 */

// Milliseconds until a call without a tool_confirmation counts as running. On a busy machine a question takes long to come.
const HOLD = 500;

export class HeldCalls {
  #deliver;
  /** @type {Map<string, Held>} */
  #held = new Map();

  /** @param {(event: Event) => unknown} deliver Gets each `tool_call` when its call runs. */
  constructor(deliver) {
    this.#deliver = deliver;
  }

  /**
   * Call it with every event before the event is passed on.
   * @param {Event} event
   * @returns {boolean} Whether the event is held back.
   */
  holds(event) {
    switch (event.type) {
      case "tool_call":
        this.#held.set(event.id, { event, timer: setTimeout(() => this.runs(event.id), HOLD) });
        return true;
      case "tool_confirmation":
        clearTimeout(this.#held.get(event.id)?.timer);
        break;
      case "tool_blocked":
        this.#take(event.id);
        break;
      case "tool_output":
      case "tool_result":
        this.runs(event.id);
        break;
      case "finish":
      case "error":
      case "aborted":
        this.clear();
    }
    return false;
  }

  /** @param {string} id A call that runs now. */
  runs(id) {
    const event = this.#take(id);
    if (event) this.#deliver(event);
  }

  /** No call of the turn runs any more. */
  clear() {
    for (const id of [...this.#held.keys()]) this.#take(id);
  }

  /** @param {string} id */
  #take(id) {
    const held = this.#held.get(id);
    clearTimeout(held?.timer);
    this.#held.delete(id);
    return held?.event;
  }
}
