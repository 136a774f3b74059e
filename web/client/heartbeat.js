// Notices a worker that hangs: it answers a ping from its event loop, which code that does not return keeps busy.

/** Pings in one time limit. */
const BEATS = 5;
/** A timer that fires later than this many intervals means that the tab slept: the time does not count. */
const LATE = 2;
/** The same for a short limit: in a hidden tab timers fire once in a second, and that time counts. */
const LATE_PROMPT = 3;
/** Milliseconds in which a worker that is not held up answers a ping. */
const PROMPT_MS = 250;

/** Watches a worker while it has something to do. */
export class Heartbeat {
  #ping;
  #onLate;
  #onCalm;
  #onHang;
  #limit;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** Milliseconds without an answer in which this tab was awake. */
  #silent = 0;
  /** Whether half the time is over, before the next beat. */
  late = false;
  #last = 0;
  /** Milliseconds that a tool may keep the worker busy, beside the limit. */
  #grace = 0;
  #prompt;
  /** @type {number[]} When the pings were sent that have no answer yet. */
  #sent = [];
  #wasPrompt = true;

  /**
   * @param {object} parts
   * @param {number} parts.limit Milliseconds without an answer after which the worker hangs.
   * @param {() => void} parts.ping
   * @param {() => void} parts.onLate Called when it becomes `late`.
   * @param {() => void} parts.onCalm Called when it no longer is, without a hang.
   * @param {(silent: number, granted: boolean) => void} parts.onHang Called once; the heartbeat has ended then. `granted`:
   *   code had this time for itself (`allow`).
   * @param {boolean} [parts.prompt] Whether only two prompt answers in a row count: then a worker hangs as well whose
   *   event loop turns, but slowly.
   */
  constructor({ limit, ping, onLate, onCalm, onHang, prompt = false }) {
    this.#limit = limit;
    this.#prompt = prompt;
    this.#ping = ping;
    this.#onLate = onLate;
    this.#onCalm = onCalm;
    this.#onHang = onHang;
  }

  /** Watch from now on; the first ping comes after one interval, so that short commands need none. */
  start() {
    if (this.#timer !== undefined) return;
    this.#revive();
    this.#count(this.#limit / BEATS);
  }

  /**
   * Count the time from now on.
   * @param {number} interval Milliseconds between two pings.
   */
  #count(interval) {
    clearInterval(this.#timer);
    this.#last = Date.now();
    this.#timer = setInterval(() => this.#beat(interval), interval);
    /** @type {any} */ (this.#timer).unref?.(); // Node: do not keep the process alive
  }

  stop() {
    this.#end();
    this.#revive();
  }

  #end() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#grace = 0;
  }

  /** The worker has answered. */
  answered() {
    const sent = this.#sent.shift() ?? Date.now();
    const isPrompt = !this.#prompt || Date.now() - sent <= PROMPT_MS;
    if (isPrompt && this.#wasPrompt) this.#revive();
    this.#wasPrompt = isPrompt;
  }

  /**
   * Code that cannot be interrupted runs in the worker now, or no longer does. The last ping is at the end of its time.
   * @param {number} ms How long it may take; 0: it has ended.
   */
  allow(ms) {
    this.#grace = ms;
    this.#revive();
    const interval = this.#limit / BEATS;
    if (this.#timer !== undefined) this.#count(ms > 0 ? Math.ceil(ms / Math.ceil(ms / interval)) : interval);
  }

  #revive() {
    this.#silent = 0;
    if (!this.late) return;
    this.late = false;
    this.#onCalm();
  }

  /** @param {number} interval */
  #beat(interval) {
    const now = Date.now();
    const passed = now - this.#last;
    this.#last = now;
    if (passed >= 0 && passed < (this.#prompt ? LATE_PROMPT : LATE) * interval) this.#silent += passed; // else the tab slept, or the clock was set
    const limit = this.#grace > 0 ? this.#grace : this.#limit;
    if (this.#silent >= limit) {
      const granted = this.#grace > 0;
      this.#end(); // and it stays late: what was prepared for this is not dropped
      this.#onHang(this.#silent, granted);
      return;
    }
    if (!this.late && this.#silent + interval > limit - this.#limit / 2) {
      this.late = true;
      this.#onLate();
    }
    if (this.#prompt) this.#sent.push(now);
    this.#ping();
  }
}
