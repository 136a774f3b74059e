/** Lets in so many at once; the others wait in their order. */
export class Turns {
  #free;
  #most;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {number} free
   * @param {number} most That may wait.
   */
  constructor(free, most) {
    this.#free = free;
    this.#most = most;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<() => void>} To be called when it is over. Rejects with the signal's reason, or if too many wait.
   */
  async enter(signal) {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  /** @param {AbortSignal} signal */
  #wait(signal) {
    if (this.#waiting.length >= this.#most)
      throw new Error(`${this.#most} runs of code wait already: run them one after the other`);
    return /** @type {Promise<void>} */ (
      new Promise((resolve, reject) => {
        const stop = () => {
          this.#waiting = this.#waiting.filter((each) => each !== enter);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener("abort", stop);
          resolve();
        };
        this.#waiting.push(enter);
        signal.addEventListener("abort", stop);
      })
    );
  }
}
