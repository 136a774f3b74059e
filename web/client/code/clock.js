const PING_MS = 500;
/** Milliseconds that the code has at least when it goes on after a call. */
const LEAST_MS = 1000;

/**
 * The time limit of a run. While the code waits for a call that is made outside, its time stands still, as long as its
 * event loop answers: code that only pretends to wait does not get more.
 */
export class Clock {
  #after;
  #end;
  #ping;
  /** Cancels the timer of the limit. */
  #timer = () => {};
  /** Cancels the timer of the next ping. */
  #next = () => {};
  #deadline = 0;
  #left = 0;
  #calls = 0;

  /**
   * @param {(ms: number, call: () => void) => () => void} after Sets a timer, and returns what cancels it.
   * @param {number} ms
   * @param {() => void} end Called when the time is over.
   * @param {() => void} ping Asks the event loop of the code for an answer.
   */
  constructor(after, ms, end, ping) {
    this.#after = after;
    this.#end = end;
    this.#ping = ping;
    this.#set(ms);
  }

  /** @param {number} ms */
  #set(ms) {
    this.#timer();
    this.#deadline = performance.now() + ms;
    this.#timer = this.#after(ms, this.#end);
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
    this.#next();
    this.#next = this.#after(PING_MS, this.#ping);
  }

  /** A call has ended. */
  resume() {
    if (this.#calls === 0 || --this.#calls > 0) return;
    this.#next();
    this.#set(this.#left);
  }

  stop() {
    this.#timer();
    this.#next();
  }
}
