// Runs the turns of one session, one at a time, and hands out its events. A turn has an end even if the worker dies.

import { aborted, SparewheelError, unlessAborted } from "./errors.js";
import { logFailure } from "./failures.js";
import { guarded } from "./listener.js";
import { Blobs } from "./media.js";
import { TurnRecord } from "./turn-record.js";
import { isTerminal } from "../predicates.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("../events.js").AbortReason} AbortReason
 * @typedef {import("../protocol.js").Commands} Commands
 *
 * @typedef {object} Turn
 * @property {TurnRecord} record
 * @property {(event: Event) => void} sink
 * @property {Blobs} blobs
 * @property {AbortController} stop
 * @property {boolean} begun Whether its command has been sent.
 * @property {Promise<unknown>} ended
 */

export class Channel {
  #client;
  #session;
  #listener;
  /** @type {Turn | null} */
  #turn = null;
  /** Of a turn that another tab runs. */
  #followed = new Blobs();
  /** @type {AbortReason | null} Why the turn is being stopped. */
  #stopped = null;
  /** @type {Event[][]} That are being handed out. */
  #batches = [];

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
      onEvents: (events) => this.#receive(events),
      onNotice: (event) => this.#listener(event),
      onStop: (reason) => this.stopping(reason),
      onDeath: (error) => this.#endTurn(error),
    });
  }

  /**
   * Run a turn.
   * @template {"send" | "resume" | "chat"} M
   * @param {M} method
   * @param {Commands[M]} params
   * @param {AbortSignal | undefined} signal
   * @param {(event: Event) => void} [sink] Gets this turn's events, before the listener.
   * @param {AbortSignal} [left] Aborts when the reader of the events has left.
   */
  async run(method, params, signal, sink = () => {}, left) {
    if (signal?.aborted) throw aborted("the turn");
    if (this.#turn) {
      throw new SparewheelError({
        kind: "config",
        message: `${method}: a turn is already running in this session`,
        hint: "Wait until it has settled, abort it, or create another session.",
        retryable: true,
      });
    }
    /** @type {Turn} */
    const turn = {
      record: new TurnRecord(),
      sink,
      blobs: new Blobs(),
      stop: new AbortController(),
      begun: false,
      ended: Promise.resolve(),
    };
    this.#turn = turn;
    this.#stopped = null;
    const running = this.#begin(turn, method, params);
    turn.ended = running;
    const stop = () => this.abort("user");
    const leave = () => this.#ended || this.abort("consumer");
    signal?.addEventListener("abort", stop);
    left?.addEventListener("abort", leave);
    try {
      const result = await running;
      turn.blobs.inMessage(result.message);
      return result;
    } catch (error) {
      if (this.#stopped && error instanceof SparewheelError && error.kind === "internal") throw aborted("the turn");
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      left?.removeEventListener("abort", leave);
      this.#turn = null;
    }
  }

  /** Whether the running turn has had its terminal event. */
  get #ended() {
    const last = this.#turn?.record.last;
    return last !== undefined && isTerminal(last);
  }

  /**
   * @template {"send" | "resume" | "chat"} M
   * @param {Turn} turn
   * @param {M} method
   * @param {Commands[M]} params
   */
  async #begin(turn, method, params) {
    const waiting = this.#client.ready(this.#session);
    if (waiting) await unlessAborted(waiting, turn.stop.signal);
    turn.begun = true;
    return this.#client.requestNow(method, params);
  }

  /** @param {NonNullable<Commands["abort"]["reason"]>} reason */
  abort(reason) {
    this.#client.abort({ session: this.#session, reason }, this.#turn?.ended);
  }

  /**
   * The worker is told to stop the turn, if there is one: whatever becomes of the worker, the turn is aborted.
   * @param {AbortReason} reason
   */
  stopping(reason) {
    if (!this.#turn) return;
    this.#stopped ??= reason;
    this.#turn.stop.abort();
  }

  close() {
    this.#client.unsubscribe(this.#session);
  }

  /** @param {Event[]} events */
  #receive(events) {
    this.#turn?.record.add(events);
    this.#batches.push(events);
    if (this.#batches.length > 1) return; // a listener has ended the worker: it gets the rest of its batch first
    for (const batch of this.#batches) batch.forEach((event) => this.#deliver(event)); // those that are added as well
    this.#batches = [];
  }

  /** @param {Event} event */
  #deliver(event) {
    logFailure(event);
    if (!this.#turn && event.type === "start") this.#followed = new Blobs();
    (this.#turn?.blobs ?? this.#followed).inEvent(event);
    this.#turn?.sink(event);
    this.#listener(event);
  }

  /**
   * Deliver the events that the worker can no longer send, the terminal one last.
   * @param {SparewheelError} error
   */
  #endTurn(error) {
    if (!this.#turn?.begun || this.#ended) return;
    const stopped = this.#stopped ?? (error.kind === "aborted" ? "dispose" : null);
    this.#receive(this.#turn.record.ending(stopped, error));
  }
}
