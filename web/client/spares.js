// Starts the workers that replace others. When a worker may have to be ended soon, the next one is started in advance.

/** A worker that dies more often than this in `RESTARTS_MS` milliseconds is not replaced again. */
export const MAX_RESTARTS = 5;
const RESTARTS_MS = 60_000;

/**
 * @typedef {object} Start How a worker is started.
 * @property {AbortSignal} signal Aborts when the worker is not needed.
 * @property {() => boolean} isNeeded Whether it replaces another one, and is not only started in advance.
 *
 * @typedef {(start: Start) => Promise<Worker>} Launch Resolves with a worker that can take commands.
 */

export class Spares {
  #launch;
  /** @type {Spare | null} */
  #spare = null;
  /** @type {number[]} When workers were replaced, in milliseconds. */
  #replaced = [];

  /** @param {Launch | undefined} launch undefined: no worker is replaced. */
  constructor(launch) {
    this.#launch = launch;
  }

  /** Whether workers were replaced so often that no other one is started now. */
  get exhausted() {
    const now = performance.now();
    this.#replaced = this.#replaced.filter((at) => now - at < RESTARTS_MS);
    return this.#replaced.length >= MAX_RESTARTS;
  }

  /** Start a worker in advance, if none is. */
  prepare() {
    if (!this.#launch || this.#spare || this.exhausted) return;
    const spare = new Spare(this.#launch, () => {
      if (this.#spare === spare) this.drop();
    });
    this.#spare = spare;
  }

  /** End the worker that was started in advance: it takes about 100 MB. */
  drop() {
    this.#spare?.end();
    this.#spare = null;
  }

  /**
   * Take the worker that was started in advance, else a new one.
   * @param {boolean} [stopped] Whether the page has ended a worker that could go on: that is no sign that workers die.
   * @returns {(() => Promise<Worker>) | null} Resolves when the worker can take commands; null if there is to be none.
   */
  take(stopped = false) {
    const launch = this.#launch;
    if (!launch || (this.exhausted && !stopped)) return null;
    if (!stopped) this.#replaced.push(performance.now());
    const spare = this.#spare;
    this.#spare = null;
    const start = () => launch({ signal: new AbortController().signal, isNeeded: () => true });
    return spare ? () => spare.take().catch(start) : start;
  }
}

/** A worker that is started in advance. */
class Spare {
  #stop = new AbortController();
  #needed = false;
  #worker;

  /**
   * @param {Launch} launch
   * @param {() => void} onFailure Called if it does not start, or dies later.
   */
  constructor(launch, onFailure) {
    this.#worker = launch({ signal: this.#stop.signal, isNeeded: () => this.#needed });
    this.#worker.then((worker) => worker.addEventListener("error", onFailure), onFailure);
  }

  take() {
    this.#needed = true;
    return this.#worker;
  }

  end() {
    this.#stop.abort();
    this.#worker.then(
      (worker) => worker.terminate(),
      () => {}, // it has ended
    );
  }
}
