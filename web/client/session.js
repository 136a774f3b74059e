import { confirmParams, respondParams } from "./decisions.js";
import { Channel } from "./channel.js";
import { isTerminal } from "../predicates.js";
import { guarded } from "./listener.js";
import { OpenQuestions } from "./pending.js";
import { Queue } from "./queue.js";
import { refuse } from "./config-error.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").Session} SessionApi
 * @typedef {import("../sparewheel.js").TurnOptions} TurnOptions
 * @typedef {import("../sparewheel.js").Listener} Listener
 *
 * @typedef {object} Origin What a session is made of, on this side.
 * @property {import("./client.js").Client} client
 * @property {import("./page-functions.js").PageFunctions} functions
 * @property {string} id
 * @property {Listener | undefined} listener
 * @property {boolean | undefined} interactive Whether anybody can be asked; unset: whether anybody listens.
 *
 * @typedef {object} Made What the worker says.
 * @property {string} agent
 * @property {string[]} models
 * @property {string[]} agents
 * @property {string} welcome_message
 * @property {SessionApi["commands"]} commands
 */

/** @implements {SessionApi} */
export class Session {
  #client;
  #functions;
  #channel;
  #interactive;
  #questions = new OpenQuestions();
  /** @type {(event: Event) => void} */
  #hear = () => {};
  #listening = false;
  /** @type {Promise<void> | null} */
  #closing = null;

  /**
   * @param {Origin} origin
   * @param {Made} made
   */
  constructor({ client, functions, id, listener, interactive }, made) {
    this.#client = client;
    this.#functions = functions;
    this.#interactive = interactive;
    this.#channel = new Channel(client, id, (event) => {
      this.#questions.see(event);
      this.#hear(event);
    });
    this.listen(listener);
    this.id = id;
    this.agent = made.agent;
    this.models = made.models;
    this.agents = made.agents;
    this.welcomeMessage = made.welcome_message;
    this.commands = made.commands;
  }

  /** @param {Listener | undefined} listener */
  listen(listener) {
    this.#listening = typeof listener === "function";
    this.#hear = guarded(listener, "an event listener");
    this.#questions.events.forEach(this.#hear);
  }

  /**
   * @param {string} prompt
   * @param {TurnOptions} [options]
   */
  async send(prompt, { signal } = {}) {
    this.#checkOpen();
    const interactive = this.#interactive ?? this.#listening;
    return this.#channel.run("send", { prompt, interactive }, signal);
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
      .run("send", { prompt, interactive: this.#interactive ?? true }, signal, (event) => queue.push(event))
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
      if (leftEarly && !(last && isTerminal(last))) this.#abort("consumer");
      await failure; // nothing of this turn may be left when the next one comes
    }
    const error = await failure;
    if (error && !(last && isTerminal(last))) throw error;
  }

  /** @param {unknown[]} args */
  async confirm(...args) {
    this.#checkOpen();
    const params = confirmParams(args);
    await this.#client.request("confirm", { ...params, session: this.id });
    this.#questions.settle(params.id);
  }

  /** @param {import("../sparewheel.js").ElicitationAnswer} answer */
  async respondToElicitation(answer) {
    this.#checkOpen();
    const params = respondParams(answer);
    await this.#client.request("respond", { ...params, session: this.id });
    this.#questions.settle(params.id);
  }

  async restart() {
    this.#checkOpen();
    await this.#client.request("restart", { session: this.id });
  }

  abort() {
    this.#abort("user");
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async export() {
    this.#checkOpen();
    return this.#client.request("export", { session: this.id });
  }

  /** @param {"user" | "consumer"} reason */
  #abort(reason) {
    if (!this.#closing) this.#channel.abort(reason);
  }

  async #close() {
    try {
      // With the worker gone, the session is gone: nothing left to close.
      if (this.#client.running) await this.#client.request("close", { session: this.id });
    } finally {
      this.#functions.remove(this.id);
      this.#channel.close();
    }
  }

  #checkOpen() {
    if (this.#closing) throw refuse("the session is closed", "Create another one.");
  }
}
