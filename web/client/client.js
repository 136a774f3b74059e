import { messageOf, SparewheelError } from "./errors.js";
import { toJson } from "./json.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../protocol.js").WorkerMessage} WorkerMessage
 * @typedef {import("../protocol.js").Piece} Piece
 * @typedef {import("../protocol.js").Commands} Commands
 * @typedef {import("../protocol.js").Results} Results
 * @typedef {{resolve: (value: any) => void, reject: (error: Error) => void}} Pending
 * @typedef {{onEvents: (events: Event[]) => void, onDeath: (error: SparewheelError) => void}} Subscriber
 */

/** Sends commands to the worker and hands out its messages: replies to their commands, events to their sessions. */
export class Client {
  /** @type {Worker} */
  #worker;
  #nextId = 1;
  #nextSession = 1;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  /** @type {Map<string, Subscriber>} */
  #subscribers = new Map();
  /** @type {Map<WorkerMessage["type"], (message: any) => void>} */
  #handlers = new Map();
  /** @type {SparewheelError | null} Why no command can be sent any more. */
  #ended = null;
  #stopListening = new AbortController();
  /** @type {(reason: SparewheelError) => void} */
  #resolveClosed = () => {};
  /** @type {Promise<SparewheelError>} Resolves with the reason when the worker has ended. */
  closed = new Promise((resolve) => (this.#resolveClosed = resolve));

  /** @param {Worker} worker One that is ready. */
  constructor(worker) {
    this.#worker = worker;
    const { signal } = this.#stopListening;
    worker.addEventListener("message", ({ data }) => typeof data === "string" && this.#receive(data), { signal });
    worker.addEventListener("error", ({ message }) => this.#die(message || "its script failed"), { signal });
    worker.addEventListener("messageerror", () => this.#die("it sent something unreadable"), { signal });
  }

  /** Whether commands can still be sent. */
  get running() {
    return this.#ended === null;
  }

  /** A session id that this worker has not seen. */
  newSessionId() {
    return `s${this.#nextSession++}`;
  }

  /**
   * Send a command.
   * @template {keyof Commands} M
   * @param {M} method
   * @param {Commands[M]} params
   * @returns {Promise<Results[M]>} Rejects with `SparewheelError`.
   */
  async request(method, params) {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const text = encode({ id, method, params });
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(text);
    });
  }

  /**
   * Send a command whose outcome does not matter: after a failure, or without a worker, there is nothing left to do.
   * @template {keyof Commands} M
   * @param {M} method
   * @param {Commands[M]} params
   */
  tell(method, params) {
    this.request(method, params).catch(() => {});
  }

  /**
   * Send a piece of the answer to a host call, which has no reply.
   * @param {Piece} piece Plain JSON.
   */
  post(piece) {
    if (!this.#ended) this.#worker.postMessage(JSON.stringify(piece));
  }

  /**
   * @param {string} session
   * @param {Subscriber} subscriber
   */
  subscribe(session, subscriber) {
    this.#subscribers.set(session, subscriber);
  }

  /**
   * Handle messages of the worker that belong to no session and answer no command.
   * @template {WorkerMessage["type"]} T
   * @param {T} type
   * @param {(message: Extract<WorkerMessage, {type: T}>) => void} handler
   */
  on(type, handler) {
    this.#handlers.set(type, handler);
  }

  /** @param {string} session */
  unsubscribe(session) {
    this.#subscribers.delete(session);
  }

  /**
   * End the worker.
   * @param {SparewheelError} open For everything that is open.
   * @param {SparewheelError} later For every later call.
   */
  end(open, later) {
    if (this.#ended) return;
    this.#ended = later;
    this.#stopListening.abort();
    this.#worker.terminate();
    const pending = [...this.#pending.values()];
    const subscribers = [...this.#subscribers.values()];
    this.#pending.clear();
    this.#subscribers.clear();
    // Events before rejections, as in a turn that fails while the worker lives.
    for (const subscriber of subscribers) subscriber.onDeath(open);
    for (const { reject } of pending) reject(open);
    this.#resolveClosed(later);
  }

  /** @param {string} reason */
  #die(reason) {
    const error = new SparewheelError({
      message: `the worker has died: ${reason}`,
      hint: "Create a new runtime, or reload the page. The browser's console may have details.",
    });
    this.end(error, error);
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {WorkerMessage} */
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      this.#die("it sent something that is not JSON");
      return;
    }
    if (message.type === "events") {
      this.#subscribers.get(message.session)?.onEvents(message.events);
      return;
    }
    if (message.type !== "reply") {
      this.#handlers.get(message.type)?.(message);
      return;
    }
    const id = message.id ?? 0;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (message.error) pending?.reject(new SparewheelError(message.error));
    else pending?.resolve(message.result);
  }
}

/**
 * A command as JSON text; throws for values that JSON would silently drop or change.
 * @param {{id: number, method: string, params: object}} command
 */
function encode(command) {
  try {
    return toJson(command);
  } catch (thrown) {
    const message = `${command.method}: what was passed is not plain JSON: ${messageOf(thrown)}`;
    throw new SparewheelError({ kind: "config", message, hint: "Pass plain objects, arrays, strings and numbers." });
  }
}
