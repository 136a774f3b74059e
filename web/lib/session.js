import { Channel, isTerminal } from "./channel.js";
import { SparewheelError } from "./errors.js";
import { Queue } from "./queue.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").Session} SessionApi
 * @typedef {import("../sparewheel.js").TurnOptions} TurnOptions
 */

/** @implements {SessionApi} */
export class Session {
  #client;
  #channel;
  /** @type {Promise<void> | null} */
  #closing = null;

  /**
   * @param {import("./client.js").Client} client
   * @param {string} id
   * @param {{agent: string, models: string[]}} made What the worker said of the session it made.
   * @param {import("../sparewheel.js").Listener | undefined} listener
   */
  constructor(client, id, made, listener) {
    this.#client = client;
    this.#channel = new Channel(client, id, listener);
    this.id = id;
    this.agent = made.agent;
    this.models = made.models;
  }

  /**
   * @param {string} prompt
   * @param {TurnOptions} [options]
   */
  async send(prompt, { signal } = {}) {
    this.#checkOpen();
    return this.#channel.run("send", { prompt }, signal);
  }

  /**
   * @param {string} prompt
   * @param {TurnOptions} [options]
   * @returns {AsyncGenerator<Event, void, undefined>}
   */
  async *stream(prompt, { signal } = {}) {
    this.#checkOpen();
    /** @type {Queue<Event>} */
    const queue = new Queue();
    const failure = this.#channel
      .run("send", { prompt }, signal, (event) => queue.push(event))
      .then(() => null)
      .catch((error) => error)
      .finally(() => queue.end());
    /** @type {Event | undefined} */
    let last;
    let leftEarly = true;
    try {
      for await (const event of queue) {
        last = event;
        yield event;
      }
      leftEarly = false;
    } finally {
      if (leftEarly && !isTerminal(last)) this.abort();
      await failure; // nothing of this turn may be left when the next one comes
    }
    const error = await failure;
    if (error && !isTerminal(last)) throw error;
  }

  async restart() {
    this.#checkOpen();
    await this.#client.request("restart", { session: this.id });
  }

  abort() {
    if (!this.#closing) this.#channel.abort();
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async export() {
    this.#checkOpen();
    return this.#client.request("export", { session: this.id });
  }

  async #close() {
    try {
      // With the worker gone, the session is gone: nothing left to close.
      if (this.#client.running) await this.#client.request("close", { session: this.id });
    } finally {
      this.#channel.close();
    }
  }

  #checkOpen() {
    if (this.#closing) {
      throw new SparewheelError({ kind: "config", message: "the session is closed", hint: "Create another one." });
    }
  }
}
