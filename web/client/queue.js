/**
 * A queue: one side pushes items, the other iterates over them.
 *
 * Values are kept until they are read; those pushed before `end()` are still delivered.
 * @template T
 * @implements {AsyncIterable<T>}
 */
export class Queue {
  /** @type {T[]} */
  #items = [];
  #ended = false;
  /** @type {(() => void) | null} */
  #wake = null;

  /** @param {T} item */
  push(item) {
    this.#items.push(item);
    this.#wake?.();
  }

  end() {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      // All at once: shift() on a long array copies it.
      const batch = this.#items;
      this.#items = [];
      yield* batch;
      if (this.#items.length > 0) continue;
      if (this.#ended) return;
      await /** @type {Promise<void>} */ (new Promise((resolve) => (this.#wake = resolve)));
      this.#wake = null;
    }
  }
}
