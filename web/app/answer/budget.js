// How much may be done at once. No DOM here.

/** Milliseconds: of a frame, which has 16. */
export const MOST_MS = 8;
/** No more is made up for: the machine may have slept in the middle of a step. */
export const MOST_DEBT_MS = 50;

/**
 * Time for work that is done bit by bit, whatever it is done for. It grows by the time in which nothing is done, up to
 * `MOST_MS`: so work takes at most half of the time, and a step that took too long is made up for.
 */
export class Budget {
  #now;
  #left = MOST_MS;
  #at;

  /** @param {() => number} [now] Milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** Whether something may be done. */
  get isLeft() {
    this.#grow();
    return this.#left > 0;
  }

  /**
   * Do some work.
   * @param {(isSpent: () => boolean) => boolean} work Stops soon after the time is spent; returns whether there is more to do.
   */
  run(work) {
    this.#grow();
    const began = this.#now();
    const more = work(() => this.#now() - began >= this.#left);
    this.#at = this.#now();
    this.#left = Math.max(this.#left - (this.#at - began), -MOST_DEBT_MS);
    return more;
  }

  #grow() {
    const now = this.#now();
    this.#left = Math.min(this.#left + now - this.#at, MOST_MS);
    this.#at = now;
  }
}
