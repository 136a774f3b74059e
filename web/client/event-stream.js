/** @typedef {import("../events.js").Event} Event */

/**
 * The events of a turn as an async iterator. `return` and `throw` leave it at once, also while `next` waits: a generator
 * alone would answer them only after the next event.
 * @implements {AsyncIterableIterator<Event>}
 */
export class EventStream {
  #events;
  #leave;

  /**
   * @param {AsyncGenerator<Event, void, undefined>} events
   * @param {() => void} leave Stops the turn, if it is running.
   */
  constructor(events, leave) {
    this.#events = events;
    this.#leave = leave;
  }

  next() {
    return this.#events.next();
  }

  return() {
    this.#leave();
    return this.#events.return();
  }

  /** @param {unknown} error */
  throw(error) {
    this.#leave();
    return this.#events.throw(error);
  }

  /** @returns {AsyncIterableIterator<Event>} */
  [Symbol.asyncIterator]() {
    return this;
  }
}

// What every async iterator has, such as `Symbol.asyncDispose`.
const generator = Object.getPrototypeOf(async function* () {}.prototype);
Object.setPrototypeOf(EventStream.prototype, Object.getPrototypeOf(generator));
