import { messageOf } from "./errors.js";

/**
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("../protocol.js").HostCall} HostCall
 * @typedef {Omit<import("../protocol.js").Piece, "type" | "call">} Piece
 */

/**
 * @template {HostCall["what"]} W
 * @typedef {(message: Extract<HostCall, {what: W}>, call: OpenCall) => Promise<unknown>} Handler
 *   What it returns is the result; what it throws is the error. Neither is sent when the call has been cancelled.
 */

// How long an answer may go on to its end when the worker has read what it needs. A connection whose answer is cut off
// cannot be used again.
const LINGER_MS = 1000;

/**
 * Runs the worker's host calls. Each gets its pieces and then exactly one last piece, unless the worker cancels it. Time
 * limits are the worker's: it cancels the call.
 */
export class HostCalls {
  #client;
  /** @type {Map<string, Handler<any>>} By kind of call. */
  #handlers = new Map();
  /** @type {Map<number, OpenCall>} By number. */
  #open = new Map();
  /** @type {((session: string | undefined) => void)[]} */
  #onEnd = [];

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
    client.on("call", (message) => void this.#run(message));
    client.on("call_cancel", ({ call, linger }) => this.#cancel(call, linger));
    client.on("call_credit", ({ call, pieces }) => this.#open.get(call)?.grant(pieces));
    client.onDeath(() => {
      this.#cancelAll(() => true);
      for (const listener of this.#onEnd) listener(undefined);
    });
  }

  /**
   * @template {HostCall["what"]} W
   * @param {W} what
   * @param {Handler<W>} handler
   */
  serve(what, handler) {
    this.#handlers.set(what, handler);
  }

  /** @param {(session: string | undefined) => void} listener Called when a session has ended; undefined: all with the worker. */
  onEnd(listener) {
    this.#onEnd.push(listener);
  }

  /** @param {string} session One that has ended. */
  cancelSession(session) {
    this.#cancelAll((open) => open.session === session);
    for (const listener of this.#onEnd) listener(session);
  }

  /** @param {HostCall} message */
  async #run(message) {
    const { call, what, credit } = message;
    const session = "session" in message ? message.session : undefined;
    const send = (/** @type {Piece} */ piece) => this.#client.post({ type: "piece", call, ...piece });
    const open = new OpenCall(session, credit, send);
    this.#open.set(call, open);
    /** @type {Piece} */
    let last;
    try {
      const handler = this.#handlers.get(what);
      if (!handler) throw new Error(`the page cannot answer a call of this kind: "${what}"`);
      last = { done: true, value: await handler(message, open) };
    } catch (thrown) {
      last = { error: messageOf(thrown) || "it failed without a message", kind: kindOf(thrown) };
    }
    if (!this.#open.delete(call)) return;
    try {
      send(last);
    } catch (thrown) {
      send({ error: messageOf(thrown) }); // a value can change with each look at it, or become too long a text
    }
  }

  /**
   * @param {number} call
   * @param {boolean} linger
   */
  #cancel(call, linger) {
    const open = this.#open.get(call);
    this.#open.delete(call);
    open?.close();
    if (linger) setTimeout(() => open?.abort(), LINGER_MS);
    else open?.abort();
  }

  /** @param {(open: OpenCall) => boolean} concerned */
  #cancelAll(concerned) {
    for (const [call, open] of [...this.#open]) {
      if (concerned(open)) this.#cancel(call, false);
    }
  }
}

/** A call whose answer the worker wants. */
export class OpenCall {
  #control = new AbortController();
  #credit;
  #post;
  #closed = false;
  #wake = () => {};

  /**
   * @param {string | undefined} session
   * @param {number} credit Pieces that may be sent.
   * @param {(piece: Piece) => void} post
   */
  constructor(session, credit, post) {
    this.session = session;
    this.#credit = credit;
    this.#post = post;
  }

  /** Aborts when the answer is no longer wanted. */
  get signal() {
    return this.#control.signal;
  }

  /**
   * Send a piece; no further one may be sent before the promise has resolved.
   * @param {Piece} piece
   * @returns {Promise<boolean>} Whether the worker wants another piece. Resolves when it has room for one.
   */
  async send(piece) {
    if (this.#closed) return false;
    this.#post(piece);
    this.#credit--;
    while (this.#credit <= 0 && !this.#closed) {
      await /** @type {Promise<void>} */ (new Promise((resolve) => (this.#wake = resolve)));
    }
    return !this.#closed;
  }

  /** @param {number} pieces Which the worker has read. */
  grant(pieces) {
    this.#credit += pieces;
    this.#wake();
  }

  /** Nothing more can be sent. */
  close() {
    this.#closed = true;
    this.#wake();
  }

  abort() {
    this.#control.abort();
  }
}

/** An error with a kind, which tells the chain of models what to do about it. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {import("../events.js").Kind | "code_unavailable"} kind
   */
  constructor(message, kind) {
    super(message);
    this.kind = kind;
  }
}

/** @param {unknown} thrown */
function kindOf(thrown) {
  try {
    return thrown instanceof Failure ? thrown.kind : undefined;
  } catch {
    return undefined; // a proxy
  }
}
