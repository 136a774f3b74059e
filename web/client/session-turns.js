import { isTerminal } from "../predicates.js";
import { EventStream } from "./event-stream.js";
import { readPrompt } from "./prompt.js";
import { Queue } from "./queue.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").Prompt} Prompt
 * @typedef {import("../sparewheel.js").TurnOptions} TurnOptions
 */

/** The ways to run a turn of a session: for its result, or for its events. */
export class SessionTurns {
  #channel;
  #session;
  #interactive;

  /**
   * @param {import("./channel.js").Channel} channel
   * @param {string} session
   * @param {boolean | undefined} interactive Whether a user can be asked; undefined: whether something gets the events.
   */
  constructor(channel, session, interactive) {
    this.#channel = channel;
    this.#session = session;
    this.#interactive = interactive;
  }

  /**
   * @param {Prompt} prompt
   * @param {TurnOptions | undefined} options
   * @param {boolean} listening Whether the session has a listener.
   */
  async send(prompt, options, listening) {
    const { signal, ...command } = this.#command(options, listening);
    const sent = typeof prompt === "string" ? prompt : await readPrompt(prompt); // a text is sent at once
    return this.#channel.run("send", { ...command, prompt: sent }, signal);
  }

  /**
   * @param {TurnOptions | undefined} options
   * @param {boolean} listening Whether the session has a listener.
   */
  async resume(options, listening) {
    const { signal, ...command } = this.#command(options, listening);
    return this.#channel.run("resume", command, signal);
  }

  /**
   * @param {Prompt} prompt
   * @param {TurnOptions | undefined} options
   * @param {() => void} check Called before the first event; throws if the session is closed.
   */
  stream(prompt, options, check) {
    const left = new AbortController();
    return new EventStream(this.#events(prompt, options, check, left), () => left.abort());
  }

  /**
   * @param {Prompt} prompt
   * @param {TurnOptions | undefined} options
   * @param {() => void} check
   * @param {AbortController} left Aborts when the reader of the events has left.
   * @returns {AsyncGenerator<Event, void, undefined>}
   */
  async *#events(prompt, options, check, left) {
    check();
    /** @type {Queue<Event>} */
    const queue = new Queue();
    const { signal, ...command } = this.#command(options, true);
    const sent = typeof prompt === "string" ? prompt : await readPrompt(prompt);
    const failure = this.#channel
      .run("send", { ...command, prompt: sent }, signal, (event) => queue.push(event), left.signal)
      .then(() => null)
      .catch((error) => error)
      .finally(() => queue.end());
    /** @type {Event | undefined} */
    let last;
    try {
      for await (const event of queue) {
        last = event;
        yield event;
      }
    } finally {
      left.abort();
      await failure; // the turn must have ended when the next one begins
    }
    const error = await failure;
    if (error && !(last && isTerminal(last))) throw error;
  }

  /**
   * @param {TurnOptions | undefined} options
   * @param {boolean} listening Whether something gets the events.
   */
  #command({ signal, model, fault } = {}, listening) {
    return { session: this.#session, interactive: this.#interactive ?? listening, model, fault, signal };
  }
}
