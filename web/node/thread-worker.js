// A thread of `node:worker_threads` with the interface of a browser's Worker, as far as the shim uses it.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker as Thread } from "node:worker_threads";

/**
 * @param {URL} url Of a file.
 * @returns {Worker}
 */
export function threadWorker(url) {
  if (url.protocol !== "file:" || !existsSync(url)) {
    const hint = "Outside of browsers the assets are files: set assetBase to the folder that has them, as a file: URL.";
    throw Object.assign(new Error(`${url.href} is not a file`), { hint });
  }
  return /** @type {Worker} */ (/** @type {unknown} */ (new ThreadWorker(url)));
}

class ThreadWorker extends EventTarget {
  #thread;
  #over = false;

  /** @param {URL} url */
  constructor(url) {
    super();
    this.#thread = new Thread(fileURLToPath(url), { name: "sparewheel", execArgv: [] }); // some options of Node refuse a file
    this.#thread.on("message", (data) => this.#dispatch("message", { data }));
    this.#thread.on("messageerror", () => this.#dispatch("messageerror", {}));
    this.#thread.on("error", (error) => this.#fail(String(error?.message ?? error)));
    this.#thread.on("exit", (code) => this.#fail(`its thread ended (exit code ${code})`));
  }

  /** @param {unknown} data */
  postMessage(data) {
    this.#thread.postMessage(data);
  }

  terminate() {
    this.#over = true;
    // What it rejects with is of no use; the process must not end because of it.
    Promise.resolve(this.#thread.terminate()).catch(() => {});
  }

  /** @param {string} message */
  #fail(message) {
    if (this.#over) return;
    this.#over = true;
    this.#dispatch("error", { message });
  }

  /**
   * @param {string} type
   * @param {object} facts
   */
  #dispatch(type, facts) {
    this.dispatchEvent(Object.assign(new Event(type), facts));
  }
}
