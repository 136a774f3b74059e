// The frame of a session: made from sandbox.html, with an opaque origin. It makes the workers.

import { started } from "./hello.js";

/**
 * @typedef {import("../../sandbox/messages.js").FromFrame} FromFrame
 * @typedef {import("../../sandbox/messages.js").ToFrame} ToFrame
 */

const TICK_MS = 1000;
/** Ticks after which a frame that does not answer has crashed. Each is a task of the page, which may be busy itself. */
const MAX_TICKS = 4;
const SILENT = "its frame does not answer any more";

export class Frame {
  #element;
  #stop = new AbortController();
  #next = 1;
  /** @type {Map<number, (reason: string) => void>} */
  #workers = new Map();
  /** @type {Map<number, () => void>} */
  #timers = new Map();
  /** @type {Set<(alive: boolean) => void>} Of those who have asked whether it answers. */
  #asking = new Set();
  /** Called when it is gone. */
  onGone = () => {};

  /** @param {HTMLIFrameElement} element */
  constructor(element) {
    this.#element = element;
    addEventListener("message", ({ source, data }) => source === element.contentWindow && this.#hear(data), this.#stop);
  }

  /**
   * Make a frame.
   * @param {URL} url Of sandbox.html.
   * @param {import("../../sandbox/messages.js").Files} files
   * @returns {Promise<Frame>} Rejects with `Unavailable` if it does not start.
   */
  static async open(url, files) {
    const element = document.createElement("iframe");
    element.setAttribute("sandbox", "allow-scripts"); // with allow-same-origin it could free itself
    element.setAttribute("aria-hidden", "true");
    Object.assign(element, { hidden: true, tabIndex: -1, title: "", referrerPolicy: "no-referrer", src: url.href });
    try {
      await started(element, url);
    } catch (error) {
      element.remove();
      throw error;
    }
    const frame = new Frame(element);
    frame.#tell({ type: "files", files });
    return frame;
  }

  /** @param {unknown} data */
  #hear(data) {
    const { type, id, message } = /** @type {{type?: unknown, id?: unknown, message?: unknown}} */ (Object(data));
    if (type === "pong") for (const settle of [...this.#asking]) settle(true);
    if (typeof id !== "number") return;
    if (type === "died") this.#workers.get(id)?.(String(message).slice(0, 500));
    if (type === "time") this.#timers.get(id)?.();
  }

  /** Whether it was removed, by the page or because it did not answer. */
  get gone() {
    return this.#stop.signal.aborted;
  }

  /**
   * Find out whether it answers. A frame whose process has crashed is silent, and there is no event.
   * @returns {Promise<boolean>} If false, the frame is gone.
   */
  answers() {
    if (this.gone) return Promise.resolve(false);
    return new Promise((resolve) => {
      let ticks = 0;
      const tick = setInterval(() => ++ticks >= MAX_TICKS && this.remove(SILENT), TICK_MS);
      const settle = (/** @type {boolean} */ alive) => {
        clearInterval(tick);
        this.#asking.delete(settle);
        resolve(alive);
      };
      this.#asking.add(settle);
      this.#tell({ type: "ping" });
    });
  }

  /**
   * Remove it when it does not answer any more.
   * @returns {() => void} Ends the watch.
   */
  watch() {
    const watching = new AbortController();
    const next = async () => {
      if (!watching.signal.aborted && (await this.answers())) setTimeout(next, TICK_MS);
    };
    void next();
    return () => watching.abort();
  }

  /**
   * Set a timer that is on time in a hidden tab as well.
   * @param {number} ms
   * @param {() => void} call
   * @returns {() => void} Cancels it.
   */
  after(ms, call) {
    const id = this.#next++;
    const end = () => {
      clearTimeout(own);
      if (this.#timers.delete(id)) this.#tell({ type: "timer", id, ms: null });
    };
    const fire = () => {
      end();
      call();
    };
    const own = setTimeout(fire, ms); // should the frame have crashed
    this.#timers.set(id, fire);
    this.#tell({ type: "timer", id, ms });
    return end;
  }

  /**
   * @param {ToFrame} message
   * @param {Transferable[]} [ports]
   */
  #tell(message, ports = []) {
    this.#element.contentWindow?.postMessage(message, "*", ports); // its origin has no name
  }

  /**
   * Start a worker.
   * @param {import("./python.js").Parts} parts
   * @param {(reason: string) => void} onDeath
   * @returns {{port: MessagePort, end: () => void}}
   */
  start({ program, wheels, snapshot }, onDeath) {
    const id = this.#next++;
    const { port1: port, port2 } = new MessageChannel();
    this.#workers.set(id, onDeath);
    this.#tell({ type: "start", id, program, wheels, snapshot }, [port2]);
    const end = () => {
      port.close();
      if (this.#workers.delete(id)) this.#tell({ type: "end", id });
    };
    return { port, end };
  }

  /**
   * Remove the frame. Its workers end with it.
   * @param {string} [reason]
   */
  remove(reason = "its frame was removed") {
    if (this.gone) return;
    this.#stop.abort();
    this.#element.remove();
    this.onGone();
    for (const settle of [...this.#asking]) settle(false);
    for (const onDeath of [...this.#workers.values()]) onDeath(reason);
    this.#workers.clear();
  }
}
