import { Heartbeat } from "./heartbeat.js";

const HANG_TIMEOUT = 10_000;
/** Milliseconds that a worker has to stop a turn. */
const OBEY_MS = 2000;

/** Notices that the worker hangs while it has something to do, or does not stop a turn that was aborted. */
export class Watchdog {
  #parts;
  #heartbeat;
  /** @type {Set<Heartbeat>} Of turns that are being aborted. */
  #aborts = new Set();

  /**
   * @param {object} parts
   * @param {number} [parts.hangTimeout] Milliseconds without a sign of life after which a busy worker hangs.
   * @param {() => void} parts.ping
   * @param {() => void} parts.onLate Called when half the time is over.
   * @param {() => void} parts.onCalm Called after that, when the worker has answered and none of its answers is late.
   * @param {(reason: string, stopped: boolean) => void} parts.onHang `stopped`: it did not stop a turn that was aborted, or
   *   code of a tool did not end in the time that it had. A worker can do nothing about that: it is sound otherwise.
   */
  constructor({ hangTimeout = HANG_TIMEOUT, ...parts }) {
    this.#parts = parts;
    this.#heartbeat = this.#watch(hangTimeout, (silent) => `it has not answered for ${Math.round(silent / 1000)} s`);
  }

  /**
   * @param {number} limit
   * @param {(silent: number) => string} reason
   */
  #watch(limit, reason, prompt = false) {
    const { ping, onLate, onHang } = this.#parts;
    const onCalm = () => this.#calm();
    const hang = (/** @type {number} */ silent, /** @type {boolean} */ granted) => onHang(reason(silent), prompt || granted);
    return new Heartbeat({ limit, prompt, ping, onLate, onCalm, onHang: hang });
  }

  #calm() {
    if (![this.#heartbeat, ...this.#aborts].some((beat) => beat.late)) this.#parts.onCalm();
  }

  /** The worker has something to do. */
  busy() {
    this.#heartbeat.start();
  }

  /** It has nothing left to do. */
  idle() {
    this.#heartbeat.stop();
  }

  /** It has sent something. */
  alive() {
    this.#heartbeat.answered();
  }

  /** It has answered a ping. */
  answered() {
    for (const beat of [this.#heartbeat, ...this.#aborts]) beat.answered();
  }

  /**
   * Code that cannot be interrupted runs in it now, or no longer does.
   * @param {number} ms How long it may take; 0: it has ended.
   */
  allow(ms) {
    this.#heartbeat.allow(ms);
  }

  /**
   * It is to stop a turn, whatever it runs.
   * @param {Promise<unknown>} ended Settles when the turn has ended.
   */
  stopping(ended) {
    const watch = this.#watch(OBEY_MS, () => "it did not stop a turn that was aborted", true);
    this.#aborts.add(watch);
    watch.start();
    const stop = () => {
      watch.stop();
      this.#aborts.delete(watch);
    };
    ended.then(stop, stop);
  }

  /** There is nothing to watch any more. */
  stop() {
    this.#heartbeat.stop();
    for (const watch of this.#aborts) watch.stop();
    this.#aborts.clear();
  }
}
