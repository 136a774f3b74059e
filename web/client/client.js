// The page's end of the protocol: sends commands to the worker, hands out its messages (replies to their commands, events to
// their sessions), and replaces a worker that has died.

import { encode } from "./encode.js";
import { messageOf, SparewheelError } from "./errors.js";
import { Requests } from "./requests.js";
import { MAX_RESTARTS, Spares } from "./spares.js";
import { Watchdog } from "./watchdog.js";
import { WorkerPort } from "./worker-port.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../protocol.js").WorkerMessage} WorkerMessage
 * @typedef {import("../protocol.js").Piece} Piece
 * @typedef {import("../protocol.js").Commands} Commands
 * @typedef {import("../protocol.js").Results} Results
 * @typedef {object} Subscriber
 * @property {(events: Event[]) => void} onEvents
 * @property {(event: import("../protocol.js").Notice["event"]) => void} onNotice An event outside of turns.
 * @property {(reason: import("../events.js").AbortReason) => void} onStop The worker is told to stop the session's turn.
 * @property {(error: SparewheelError) => void} onDeath
 */

export class Client {
  #port;
  #nextSession = 1;
  #requests = new Requests();
  /** @type {Map<string, Subscriber>} */
  #subscribers = new Map();
  /** @type {Map<WorkerMessage["type"], (message: any) => void>} */
  #handlers = new Map();
  /** @type {SparewheelError | null} Why no command can be sent any more. */
  #ended = null;
  /** @type {(reason: SparewheelError) => void} */
  #resolveClosed = () => {};
  /** @type {Promise<SparewheelError>} Resolves with the reason when no worker is left. */
  closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  #replaceable;
  #spares;
  #watchdog;
  /** @type {Promise<void> | null} Settles when the worker that replaces one that has died can take commands. */
  #replacing = null;
  /** @type {(() => void)[]} */
  #onDeath = [];
  /** @type {((reason: string) => Promise<unknown>)[]} */
  #onReplaced = [];
  /** @type {(session: string | undefined) => Promise<unknown> | null} */
  #restore = () => null;

  /**
   * @param {Worker} worker One that is ready.
   * @param {object} [options]
   * @param {import("./spares.js").Launch} [options.launch] Starts another worker.
   * @param {boolean} [options.replace] Whether to do so when this one dies or hangs. Default: true.
   * @param {number} [options.hangTimeout] Milliseconds without a sign of life after which a busy worker hangs.
   */
  constructor(worker, { launch, replace = true, hangTimeout } = {}) {
    this.#replaceable = replace && launch !== undefined;
    this.#spares = new Spares(launch);
    this.#watchdog = new Watchdog({
      hangTimeout,
      ping: () => this.#port.ping(),
      onLate: () => this.#replaceable && this.#spares.prepare(),
      onCalm: () => this.#spares.drop(),
      onHang: (reason, stopped) => this.#die(reason, this.#replaceable ? this.#spares.take(stopped) : null),
    });
    this.on("blocking", ({ seconds }) => this.#watchdog.allow(seconds * 1000));
    this.#port = this.#open(worker);
  }

  /** @param {Worker} worker */
  #open(worker) {
    return new WorkerPort(worker, {
      onMessage: (message) => this.#receive(message),
      onPong: () => this.#watchdog.answered(),
      onFailure: (reason) => this.#die(reason),
    });
  }

  /** Whether commands can be sent, now or when the worker has been replaced. */
  get running() {
    return this.#ended === null;
  }

  /** A session id that this worker has not seen. */
  newSessionId() {
    return `s${this.#nextSession++}`;
  }

  /**
   * Send a command, at once if the worker can take it.
   * @template {keyof Commands} M
   * @param {M} method
   * @param {Commands[M]} params
   * @returns {Promise<Results[M]>} Rejects with `SparewheelError`.
   */
  async request(method, params) {
    const { session } = /** @type {{session?: string}} */ (params);
    const waiting = this.ready(method === "abort" || method === "close" ? undefined : session);
    if (waiting) await waiting;
    return this.requestNow(method, params);
  }

  /**
   * @param {string | undefined} session One that the worker must have.
   * @returns {Promise<unknown> | null} Resolves when the worker can take commands for it; null: it can now.
   */
  ready(session, deaths = 0) {
    const waiting = this.#replacing ?? this.#restore(session);
    if (!waiting) return null;
    const again = (/** @type {unknown} */ error) => {
      if (!this.#replacing || deaths > 0) throw error; // a session that ends its worker does not end all of them
      return this.ready(session, deaths + 1);
    };
    return waiting.then(() => this.ready(session, deaths), again);
  }

  /**
   * Send a command without waiting for the session that it needs: for those that create it.
   * @template {keyof Commands} M
   * @param {M} method
   * @param {Commands[M]} params
   * @returns {Promise<Results[M]>} Rejects with `SparewheelError`.
   */
  async requestNow(method, params) {
    if (this.#ended) throw this.#ended;
    const id = this.#requests.newId();
    const text = encode({ id, method, params });
    const reply = this.#requests.open(id);
    this.#watchdog.busy();
    this.#port.post(text);
    return reply;
  }

  /**
   * Stop turns. A worker that does not answer for two seconds before they have ended is replaced, whatever it runs.
   * @param {Commands["abort"]} params
   * @param {Promise<unknown>} [ended] Settles when the turn has ended; by default when all open commands have.
   */
  abort(params, ended = this.#requests.settled) {
    if (this.#ended) return;
    const { session, reason = "user" } = params;
    for (const [name, subscriber] of this.#subscribers) {
      if (session === undefined || session === name) subscriber.onStop(reason);
    }
    if (this.#replacing) return; // no turn has begun
    this.tell("abort", params);
    if (this.#replaceable) this.#watchdog.stopping(ended);
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
    if (!this.#ended && !this.#replacing) this.#port.post(JSON.stringify(piece));
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

  /** @param {() => void} listener Called when a worker has died: nothing that it asked for is wanted any more. */
  onDeath(listener) {
    this.#onDeath.push(listener);
  }

  /**
   * @param {(reason: string) => Promise<unknown>} listener Called with every new worker, before it gets other commands:
   *   restores with `requestNow` what the one before it was told.
   */
  onReplaced(listener) {
    this.#onReplaced.push(listener);
  }

  /**
   * @param {(session: string | undefined) => Promise<unknown> | null} restore Called before a command for a session:
   *   creates it with `requestNow`, if the worker does not have it. null if nothing is to be done.
   */
  restoreWith(restore) {
    this.#restore = restore;
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
    this.#settle(open);
    this.#subscribers.clear();
    this.#resolveClosed(later);
  }

  /**
   * End the worker, and everything that is open in it.
   * @param {SparewheelError} error
   */
  #settle(error) {
    this.#watchdog.stop();
    this.#port.end();
    const reject = this.#requests.drop();
    for (const listener of this.#onDeath) listener();
    // Events before rejections, as in a turn that fails while the worker lives.
    for (const subscriber of [...this.#subscribers.values()]) subscriber.onDeath(error);
    reject(error);
  }

  /**
   * End the worker now, whatever it does, and let another one take over. Turns that run are aborted.
   * @returns {Promise<void>} Resolves when the other one can take commands. Rejects with `SparewheelError` if none could be
   *   started.
   */
  async restart() {
    if (!this.#ended && !this.#replacing) {
      for (const subscriber of this.#subscribers.values()) subscriber.onStop("restart");
      this.#die("the page has restarted the runtime", this.#spares.take(true));
    }
    await this.#replacing;
    if (this.#ended) throw this.#ended;
  }

  /**
   * @param {string} reason
   * @param {(() => Promise<Worker>) | null} [replace] Gives the worker that takes over; null: there is none.
   */
  #die(reason, replace = this.#replaceable ? this.#spares.take() : null) {
    if (!replace) {
      const again = this.#replaceable ? `, for the ${MAX_RESTARTS + 1}th time in a minute` : "";
      const error = new SparewheelError({
        message: `the worker has died${again}: ${reason}`,
        hint: "Create a new runtime, or reload the page. The browser's console may have details.",
      });
      this.end(error, error);
      return;
    }
    const replacing = this.#start(replace, reason).finally(() => {
      if (this.#replacing === replacing) this.#replacing = null; // else that one has died as well
    });
    this.#replacing = replacing;
    this.#settle(
      new SparewheelError({
        message: `the worker has died: ${reason}`,
        hint: "Another worker is being started; the session goes on after its last completed turn. Send the prompt again.",
        retryable: true,
      }),
    );
  }

  /**
   * @param {() => Promise<Worker>} replace
   * @param {string} reason
   */
  async #start(replace, reason) {
    await null; // let everything that was open be settled first
    try {
      const worker = await replace();
      if (this.#ended) {
        worker.terminate();
        return;
      }
      this.#port = this.#open(worker);
      await Promise.all(this.#onReplaced.map((listener) => listener(reason)));
    } catch (thrown) {
      const error = new SparewheelError({
        message: `the worker has died (${reason}), and another one could not be started: ${messageOf(thrown)}`,
        hint: thrown instanceof SparewheelError && thrown.hint ? thrown.hint : "Create a new runtime, or reload the page.",
      });
      this.end(error, error);
    }
  }

  /** @param {WorkerMessage} message */
  #receive(message) {
    this.#watchdog.alive();
    if (message.type === "events") {
      this.#subscribers.get(message.session)?.onEvents(message.events);
      return;
    }
    if (message.type === "notice") {
      this.#subscribers.get(message.session)?.onNotice(message.event);
      return;
    }
    if (message.type !== "reply") {
      this.#handlers.get(message.type)?.(message);
      return;
    }
    this.#requests.answer(message);
    if (this.#requests.isEmpty) this.#watchdog.idle();
  }
}
