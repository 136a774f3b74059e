/**
 * @typedef {import("../protocol.js").WorkerMessage} WorkerMessage
 *
 * @typedef {object} Listeners
 * @property {(message: WorkerMessage) => void} onMessage
 * @property {() => void} onPong The worker has answered a ping.
 * @property {(reason: string) => void} onFailure The worker is of no use any more.
 */

/** What passes between the page and one worker, until `end`. */
export class WorkerPort {
  #worker;
  #listeners;
  #stop = new AbortController();

  /**
   * @param {Worker} worker
   * @param {Listeners} listeners
   */
  constructor(worker, listeners) {
    this.#worker = worker;
    this.#listeners = listeners;
    const { signal } = this.#stop;
    const { onPong, onFailure } = listeners;
    const receive = (/** @type {any} */ data) => {
      if (typeof data === "string") this.#receive(data);
      else if (data?.type === "pong") onPong();
    };
    worker.addEventListener("message", ({ data }) => receive(data), { signal });
    worker.addEventListener("error", ({ message }) => onFailure(message || "its script failed"), { signal });
    worker.addEventListener("messageerror", () => onFailure("it sent something unreadable"), { signal });
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {WorkerMessage} */
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      this.#listeners.onFailure("it sent something that is not JSON");
      return;
    }
    this.#listeners.onMessage(message);
  }

  /** @param {string} text JSON of a command, or of a piece of an answer. */
  post(text) {
    this.#worker.postMessage(text);
  }

  ping() {
    this.#worker.postMessage(/** @type {import("../protocol.js").Ping} */ ({ type: "ping" }));
  }

  /** End the worker. */
  end() {
    this.#stop.abort();
    this.#worker.terminate();
  }
}
