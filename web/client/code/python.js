// A Python in a worker of the sandbox, on the page's side: texts go to it and come from it.

import { Unavailable } from "./unavailable.js";

const RESTORE_MS = 60_000;
/** A start without the snapshot: a minute and a half was seen on a busy machine. */
const PLAIN_MS = 150_000;

/** No worker runs in the frame, and the browser does not say why. */
const NO_WORKER =
  "the browser starts no worker in its frame" +
  (globalThis.crossOriginIsolated ? ": WebKit starts none on a page with Cross-Origin-Embedder-Policy" : "");

/** The snapshot cannot be restored in this browser. */
export class NotRestored extends Error {}

/** The frame has crashed, or was removed. */
export class FrameGone extends Unavailable {}

/**
 * @typedef {object} Parts
 * @property {Blob} program
 * @property {{name: string, blob: Blob}[]} wheels
 * @property {boolean} snapshot
 * @property {number} memory Bytes that Python may take.
 */

export class Python {
  #frame;
  #port;
  #end;
  /** @type {(text: unknown) => void} */
  #receive = () => {};
  /** @type {(reason: string) => void} */
  #resolveDeath = () => {};
  /** @type {Promise<string>} Resolves with the reason when it has ended without being told to. */
  died = new Promise((resolve) => (this.#resolveDeath = resolve));
  /** Whether it can take code. */
  alive = true;

  /**
   * @param {import("./space.js").Frame} frame
   * @param {Parts} parts
   */
  constructor(frame, parts) {
    this.#frame = frame;
    const { port, end } = frame.start(parts, (reason) => this.#die(reason));
    this.#port = port;
    this.#end = end;
    port.onmessage = ({ data }) => this.#receive(data);
    port.onmessageerror = () => this.#die("it sent something that cannot be read");
  }

  /**
   * Start one. It takes code when this has resolved.
   * @param {import("./space.js").Frame} frame
   * @param {Parts} parts
   * @param {AbortSignal} signal
   * @returns {Promise<Python>} Rejects with `NotRestored`, or with `Unavailable`, which may be `FrameGone`; or with the
   *   signal's reason.
   */
  static async start(frame, parts, signal) {
    const python = new Python(frame, parts);
    const limit = parts.snapshot ? RESTORE_MS : PLAIN_MS;
    const started = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const unwatch = frame.watch();
    try {
      await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Unavailable(`Python did not start in it within ${limit / 1000} s`)), limit);
        signal.addEventListener("abort", () => reject(signal.reason), { signal: started.signal });
        if (signal.aborted) reject(signal.reason);
        const fail = (/** @type {string} */ reason) =>
          reject(new (frame.gone ? FrameGone : parts.snapshot ? NotRestored : Unavailable)(reason || NO_WORKER));
        python.listen((text) => {
          const { type, message, policy } = readStart(text);
          if (type === "ready") resolve(undefined);
          else if (policy) reject(new Unavailable(message));
          else fail(message);
        });
        void python.died.then(fail);
      });
      return python;
    } catch (error) {
      python.end();
      throw error;
    } finally {
      clearTimeout(timer);
      unwatch();
      started.abort();
      python.listen(() => {});
    }
  }

  /** @param {(text: unknown) => void} receive Gets what it sends, which the code may have written. */
  listen(receive) {
    this.#receive = receive;
  }

  /** @param {object} message */
  post(message) {
    this.#port.postMessage(JSON.stringify(message));
  }

  /**
   * Set a timer that is on time in a hidden tab as well.
   * @param {number} ms
   * @param {() => void} call
   * @returns {() => void} Cancels it.
   */
  after(ms, call) {
    return this.#frame.after(ms, call);
  }

  /**
   * Find out whether its frame answers.
   * @returns {Promise<boolean>} If false, it has died.
   */
  async framed() {
    return (await this.#frame.answers()) && this.alive;
  }

  /**
   * Have it die when its frame does not answer any more.
   * @returns {() => void} Ends the watch.
   */
  watch() {
    return this.#frame.watch();
  }

  /** Ask whether its event loop runs; the answer is the text "pong". */
  ping() {
    this.#port.postMessage("ping");
  }

  /** End it at once, whatever it does. */
  end() {
    this.alive = false;
    this.#receive = () => {};
    this.#end();
  }

  /** @param {string} reason */
  #die(reason) {
    this.end();
    this.#resolveDeath(reason);
  }
}

/** @param {unknown} text */
function readStart(text) {
  try {
    const { type, message, policy } = JSON.parse(String(text).slice(0, 10_000));
    return { type, message: String(message), policy: policy === true };
  } catch {
    return { type: "", message: "what it sent at its start cannot be read", policy: false };
  }
}
