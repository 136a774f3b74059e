const PING_MS = 500;
/** Milliseconds that the code has at least when it goes on after a call. */
const LEAST_MS = 1000;

/**
 * The time limit of a run. While the code waits for a call that is made outside, its time stands still, as long as its
 * event loop answers: code that only pretends to wait does not get more.
 */
export class Clock {
  #end;
  #ping;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #next;
  #deadline = 0;
  #left = 0;
  #calls = 0;

  /**
   * @param {number} ms
   * @param {() => void} end Called when the time is over.
   * @param {() => void} ping Asks the event loop of the code for an answer.
   */
  constructor(ms, end, ping) {
    this.#end = end;
    this.#ping = ping;
    this.#set(ms);
  }

  /** @param {number} ms */
  #set(ms) {
    clearTimeout(this.#timer);
    this.#deadline = performance.now() + ms;
    this.#timer = setTimeout(this.#end, ms);
  }

  /** A call begins. */
  wait() {
    if (this.#calls++ > 0) return;
    this.#left = Math.max(this.#deadline - performance.now(), LEAST_MS);
    this.#ping();
  }

  /** The event loop has answered. */
  answered() {
    if (this.#calls === 0) return;
    this.#set(this.#left);
    clearTimeout(this.#next);
    this.#next = setTimeout(this.#ping, PING_MS);
  }

  /** A call has ended. */
  resume() {
    if (this.#calls === 0 || --this.#calls > 0) return;
    clearTimeout(this.#next);
    this.#set(this.#left);
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#next);
  }
}
