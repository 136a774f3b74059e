// The frame of a session: made from sandbox.html, with an origin of its own that is nothing's. It makes the workers.

import { BUILD } from "../../boot/build.js";
import { Unavailable } from "./unavailable.js";

/**
 * @typedef {import("../../sandbox/messages.js").FromFrame} FromFrame
 * @typedef {import("../../sandbox/messages.js").ToFrame} ToFrame
 */

const HELLO_MS = 30_000;
/** Milliseconds after the frame has loaded something, which is not sandbox.html if it stays silent. */
const SILENCE_MS = 5_000;

export class Frame {
  #element;
  #stop = new AbortController();
  #next = 1;
  /** @type {Map<number, (reason: string) => void>} */
  #workers = new Map();

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
    if (type === "died" && typeof id === "number") this.#workers.get(id)?.(String(message).slice(0, 500));
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
   * @param {{program: Blob, wheels: {name: string, blob: Blob}[], snapshot: boolean}} parts
   * @param {(reason: string) => void} onDeath
   * @returns {{port: MessagePort, end: () => void}}
   */
  start(parts, onDeath) {
    const id = this.#next++;
    const { port1: port, port2 } = new MessageChannel();
    this.#workers.set(id, onDeath);
    this.#tell({ type: "start", id, ...parts }, [port2]);
    const end = () => {
      port.close();
      if (this.#workers.delete(id)) this.#tell({ type: "end", id });
    };
    return { port, end };
  }

  /** Remove the frame. Its workers end with it. */
  remove() {
    this.#stop.abort();
    this.#element.remove();
    for (const onDeath of [...this.#workers.values()]) onDeath("its frame was removed");
    this.#workers.clear();
  }
}

/**
 * Put the frame into the page, and wait for its first message. One that may not load does not fail, it only stays silent.
 * @param {HTMLIFrameElement} element
 * @param {URL} url
 * @returns {Promise<void>} Rejects with `Unavailable`.
 */
function started(element, url) {
  const listening = new AbortController();
  const { signal } = listening;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  /** @type {Promise<void>} */
  const waiting = new Promise((resolve, reject) => {
    const refuse = (/** @type {string} */ why) => reject(new Unavailable(`${url.href} ${why}`));
    const wait = (/** @type {number} */ ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => refuse(`did not start in a frame. ${ADVICE(url)}`), ms);
    };
    const receive = (/** @type {FromFrame} */ data) => {
      if (data?.type !== "hello") return;
      if (!data.opaque) refuse("has an origin in its frame, which this browser should not give it");
      else if (data.build !== BUILD) refuse("is of another build than the page's scripts: reload the page");
      else if (!data.confined) refuse("has not the policy with which it was built: deploy the file as it is");
      else resolve();
    };
    addEventListener("message", ({ source, data }) => source === element.contentWindow && receive(data), { signal });
    const violated = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, blockedURI, disposition }) => {
      const isFrame = ["frame-src", "child-src", "default-src"].includes(effectiveDirective);
      if (isFrame && disposition === "enforce" && url.href.startsWith(blockedURI))
        refuse(`may not be a frame of this page: add "frame-src ${url.href}" to its Content-Security-Policy`);
    };
    document.addEventListener("securitypolicyviolation", violated, { signal });
    element.addEventListener("load", () => wait(SILENCE_MS), { signal });
    wait(HELLO_MS);
    (document.body ?? document.documentElement).append(element);
  });
  return waiting.finally(() => {
    clearTimeout(timer);
    listening.abort();
  });
}

/** @param {URL} url */
const ADVICE = (url) =>
  `Add "frame-src ${url.href}" to the page's Content-Security-Policy, and serve sandbox.html without X-Frame-Options and ` +
  `without another Content-Security-Policy` +
  (globalThis.crossOriginIsolated
    ? `, with the page's Cross-Origin-Embedder-Policy and "Cross-Origin-Resource-Policy: cross-origin"`
    : "");
