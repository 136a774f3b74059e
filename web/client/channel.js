import { aborted, SparewheelError } from "./errors.js";
import { guarded } from "./listener.js";
import { Blobs } from "./media.js";
import { isTerminal } from "../predicates.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("../protocol.js").Commands} Commands
 */

/** Runs the turns of one session, one at a time, and hands out its events. */
export class Channel {
  #client;
  #session;
  #listener;
  /** @type {{last: Event | undefined, sink: (event: Event) => void, ended: Promise<unknown>, blobs: Blobs} | null} */
  #turn = null;
  #aborted = false;

  /**
   * @param {Client} client
   * @param {string} session
   * @param {import("../sparewheel.js").Listener | undefined} listener
   */
  constructor(client, session, listener) {
    this.#client = client;
    this.#session = session;
    this.#listener = guarded(listener, "an event listener");
    client.subscribe(session, {
      onEvents: (events) => events.forEach((event) => this.#deliver(event)),
      onDeath: (error) => this.#endTurn(error),
    });
  }

  /**
   * Run a turn.
   * @template {"send" | "chat"} M
   * @param {M} method
   * @param {Commands[M]} params
   * @param {AbortSignal | undefined} signal
   * @param {(event: Event) => void} [sink] Gets this turn's events, before the listener.
   */
  async run(method, params, signal, sink = () => {}) {
    if (signal?.aborted) throw aborted("the turn");
    if (this.#turn) {
      throw new SparewheelError({
        kind: "config",
        message: `${method}: a turn is already running in this session`,
        hint: "Wait until it has settled, abort it, or create another session.",
        retryable: true,
      });
    }
    const running = this.#client.request(method, params);
    const blobs = new Blobs();
    this.#turn = { last: undefined, sink, ended: running, blobs };
    this.#aborted = false;
    const stop = () => this.abort("user");
    signal?.addEventListener("abort", stop);
    try {
      const result = await running;
      blobs.inMessage(result.message);
      return result;
    } catch (error) {
      if (this.#aborted && error instanceof SparewheelError && error.kind === "internal") throw aborted("the turn");
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#turn = null;
    }
  }

  /** @param {NonNullable<Commands["abort"]["reason"]>} reason */
  abort(reason) {
    this.#aborted = this.#turn !== null;
    this.#client.abort({ session: this.#session, reason }, this.#turn?.ended);
  }

  close() {
    this.#client.unsubscribe(this.#session);
  }

  /** @param {Event} event */
  #deliver(event) {
    if (this.#turn) {
      this.#turn.blobs.inEvent(event);
      this.#turn.last = event;
      this.#turn.sink(event);
    }
    this.#listener(event);
  }

  /**
   * Deliver the terminal event that the worker can no longer send.
   * @param {SparewheelError} error
   */
  #endTurn(error) {
    const last = this.#turn?.last;
    if (!this.#turn || (last && isTerminal(last))) return;
    const { turn = "unstarted", seq = 0, agent = "" } = last ?? {};
    const { message, code, hint, retryable } = error;
    /** @type {"aborted" | "internal"} */
    const kind = this.#aborted || error.kind === "aborted" ? "aborted" : "internal";
    const facts = { message, kind, code, hint, retryable, attempts: [], partial_message: null, usage: null };
    this.#deliver({ type: "error", turn, seq: seq + 1, agent, ...facts });
  }
}
