// What the runs of a session have in common where there is no frame: the processes of Deno in which they run.

import { startProcess } from "./process.js";

/** Has the interface of a frame (client/code/sandbox-frame.js). */
export class Processes {
  #deno;
  #files;
  /** @type {Map<() => void, (reason: string) => void>} What to do at the death of each, by what ends it. */
  #running = new Map();
  gone = false;
  /** Called when it is gone. */
  onGone = () => {};

  /**
   * @param {string} deno The path of Deno.
   * @param {import("../../sandbox/messages.js").Files} files
   */
  constructor(deno, files) {
    this.#deno = deno;
    this.#files = files;
  }

  /**
   * Start a process.
   * @param {import("../../client/code/python.js").Parts} parts
   * @param {(reason: string) => void} onDeath
   * @returns {{port: MessagePort, end: () => void}}
   */
  start(parts, onDeath) {
    const { port, end } = startProcess(this.#deno, this.#files, parts, onDeath);
    this.#running.set(end, onDeath);
    const forget = () => {
      this.#running.delete(end);
      end();
    };
    return { port, end: forget };
  }

  /**
   * @param {number} ms
   * @param {() => void} call
   * @returns {() => void} Cancels it.
   */
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  }

  /** A process reports its end, so it is neither asked nor watched. */
  async answers() {
    return !this.gone;
  }

  watch() {
    return () => {};
  }

  /** End all processes. */
  remove(reason = "its sandbox was closed") {
    if (this.gone) return;
    this.gone = true;
    this.onGone();
    for (const [end, onDeath] of [...this.#running]) {
      end();
      onDeath(reason);
    }
    this.#running.clear();
  }
}
