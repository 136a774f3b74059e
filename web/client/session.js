// The session of the embed API: each method checks its arguments and sends a command.

import { confirmParams, respondParams } from "./decisions.js";
import { Channel } from "./channel.js";
import { documentTexts } from "./documents.js";
import { Driving } from "./driving.js";
import { guarded } from "./listener.js";
import { Pending } from "./pending.js";
import { SessionFacts } from "./session-facts.js";
import { SessionTurns } from "./session-turns.js";
import { isObject, refuse } from "./config-error.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").Session} SessionApi
 * @typedef {import("../sparewheel.js").Prompt} Prompt
 * @typedef {import("../sparewheel.js").TurnOptions} TurnOptions
 * @typedef {import("../sparewheel.js").Listener} Listener
 *
 * @typedef {object} Parts
 * @property {import("./client.js").Client} client
 * @property {import("./page-functions.js").PageFunctions} functions
 * @property {string} name By which the worker has it.
 * @property {Listener | undefined} listener
 * @property {string | undefined} title Given by the page.
 * @property {(id: string, listener: Listener | undefined) => Promise<SessionApi>} open Opens a stored session with the
 *   options of this one.
 * @property {boolean | undefined} interactive Whether a user can be asked; unset: whether there is a listener.
 * @property {(options: Record<string, unknown>) => void} [onUpdate] Called with what the session goes on with.
 * @property {(session: string, code: string, setup: import("../protocol.js").CodeSetup | null,
 *   options: import("../sparewheel.js").CodeOptions,
 *   onOutput?: import("../sparewheel.js").CodeListener) => Promise<import("../sparewheel.js").CodeResult>} runCode
 * @property {string} [database] Where it is stored; empty: in the worker's memory.
 */

/** @implements {SessionApi} */
export class Session extends SessionFacts {
  #client;
  #functions;
  #channel;
  #name;
  #turns;
  #open;
  #pending = new Pending();
  /** @type {Listener} */
  #onEvent = () => {};
  #listening = false;
  /** @type {Promise<void> | null} */
  #closing = null;
  /** @type {string | null} */
  #given;
  #onUpdate;
  /** @type {() => void} */
  #resolveClosed = () => {};
  #runCode;
  #driving;
  /** @type {Promise<void>} Resolves when the session is closed. */
  closed = new Promise((resolve) => (this.#resolveClosed = resolve));

  /**
   * @param {Parts} parts
   * @param {import("../protocol.js").SessionCreated} created
   */
  constructor({ client, functions, name, listener, title, interactive, open, onUpdate, runCode, database = "" }, created) {
    super(created);
    this.#client = client;
    this.#open = open;
    this.#onUpdate = onUpdate;
    this.#runCode = runCode;
    this.#name = name;
    this.#functions = functions;
    this.#channel = new Channel(client, name, (event) => {
      if (event.type === "title") this.title = event.title;
      else if (event.type === "driver") this.#driving.set(event.read_only);
      else this.#pending.add(/** @type {Event} */ (event));
      this.#onEvent(event);
    });
    this.#turns = new SessionTurns(this.#channel, name, interactive);
    this.listen(listener);
    this.id = created.id ?? name;
    this.#driving = new Driving({
      database,
      id: this.id,
      take: (ifFree) => client.request("take_over", { session: name, ...(ifFree && { if_free: true }) }),
      taken: (fresh) => {
        if (!this.#closing) this.#taken(fresh);
      },
    });
    this.#driving.set(created.read_only ?? false);
    client.closed.then(() => this.#driving.end());
    /** @type {string | null} */
    this.title = this.#given = title ?? (created.title || null);
    if (created.restored) this.#onEvent(created.restored);
  }

  /** Whether another tab drives it. */
  get readOnly() {
    return this.#driving.readOnly;
  }

  /** @param {Listener | undefined} listener */
  listen(listener) {
    this.#listening = typeof listener === "function";
    this.#onEvent = guarded(listener, "an event listener");
    this.#pending.events.forEach(this.#onEvent);
  }

  /**
   * @param {Prompt} prompt
   * @param {TurnOptions} [options]
   */
  async send(prompt, options) {
    this.#checkOpen();
    return this.#turns.send(prompt, options, this.#listening);
  }

  /** @param {TurnOptions} [options] */
  async resume(options) {
    this.#checkOpen();
    return this.#turns.resume(options, this.#listening);
  }

  /**
   * @param {string} callId
   * @param {import("../sparewheel.js").DoubtDecision} decision
   * @param {string} [result]
   */
  async resolve(callId, decision, result) {
    this.#checkOpen();
    await this.#client.request("resolve", { session: this.#name, id: callId, decision, ...(result !== undefined && { result }) });
  }

  /**
   * @param {Prompt} prompt
   * @param {TurnOptions} [options]
   */
  stream(prompt, options) {
    return this.#turns.stream(prompt, options, () => this.#checkOpen());
  }

  /** @param {unknown[]} args */
  async confirm(...args) {
    this.#checkOpen();
    const params = confirmParams(args);
    // Without an id: the oldest that this page has seen. In the worker that one may be over, and another one the oldest.
    if (params.decision !== "approve_tool" || params.toolName) params.id ??= this.#pending.confirmation(params.toolName);
    await this.#client.request("confirm", { ...params, session: this.#name });
    this.#pending.settle(params.id);
  }

  /** @param {import("../sparewheel.js").ElicitationAnswer} answer */
  async respondToElicitation(answer) {
    this.#checkOpen();
    const params = respondParams(answer);
    await this.#client.request("respond", { ...params, session: this.#name });
    this.#pending.settle(params.id);
  }

  async restart() {
    this.#checkOpen();
    this.#channel.stopping("restart");
    await this.#client.request("restart", { session: this.#name });
    this.title = this.#given;
  }

  /** @param {import("../sparewheel.js").UpdateOptions} options */
  async update(options) {
    this.#checkOpen();
    if (!isObject(options)) throw refuse("update: expected an options object");
    const texts = "documents" in options && { documents: documentTexts(options.documents) };
    this.describe(await this.#client.request("update", { ...options, ...texts, session: this.#name }));
    this.#onUpdate?.(options);
  }

  /** @param {string | null} [model] */
  async prefer(model) {
    this.#checkOpen();
    this.chose(await this.#client.request("prefer", { session: this.#name, ...(model != null && { model }) }));
  }

  /**
   * @param {string} model
   * @param {boolean} [skip]
   */
  async skip(model, skip = true) {
    this.#checkOpen();
    this.chose(await this.#client.request("skip", { session: this.#name, model, skip }));
  }

  /**
   * @param {string} code
   * @param {import("../sparewheel.js").CodeOptions} [options]
   * @param {import("../sparewheel.js").CodeListener} [onOutput]
   */
  async runCode(code, options = {}, onOutput) {
    this.#checkOpen();
    if (typeof code !== "string") throw refuse("runCode: the code must be a string");
    const setup = await this.#client.request("code_setup", { session: this.#name, code });
    return this.#runCode(this.#name, code, setup, options, onOutput);
  }

  /** @param {"user" | "consumer"} [reason] */
  abort(reason) {
    // An event handler passes its event.
    if (!this.#closing) this.#channel.abort(reason === "consumer" ? reason : "user");
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async export() {
    this.#checkOpen();
    return this.#client.request("export", { session: this.#name });
  }

  async chain() {
    this.#checkOpen();
    return this.#client.request("chain", { session: this.#name });
  }

  /**
   * @param {import("../sparewheel.js").ForkOptions} [options]
   * @param {Listener} [onEvent]
   */
  async fork(options = {}, onEvent) {
    this.#checkOpen();
    if (!isObject(options)) throw refuse("fork: expected an options object");
    const { id } = await this.#client.request("fork_session", { .../** @type {object} */ (options), id: this.id });
    return this.#open(id, onEvent);
  }

  async prompts() {
    this.#checkOpen();
    return this.#client.request("prompts", { session: this.#name });
  }

  /** @param {import("../sparewheel.js").ChosenPrompt} chosen */
  async fillPrompt({ server, name, arguments: values = {} }) {
    this.#checkOpen();
    return this.#client.request("fill_prompt", { session: this.#name, server, name, arguments: values });
  }

  async messages() {
    this.#checkOpen();
    return this.#client.request("messages", { session: this.#name });
  }

  async takeOver() {
    this.#checkOpen();
    this.#taken(await this.#driving.take());
  }

  /** @param {import("../protocol.js").SessionCreated} created */
  #taken(created) {
    this.describe(created);
    this.reopened(created);
  }

  async #close() {
    this.#driving.end();
    try {
      this.#channel.stopping("dispose");
      // A session ends with its worker.
      if (this.#client.running) await this.#client.request("close", { session: this.#name });
    } finally {
      this.#functions.remove(this.#name);
      this.#channel.close();
      this.#resolveClosed();
    }
  }

  /** @param {import("../protocol.js").RuntimeRestarted} event */
  restarted(event) {
    this.#onEvent(event);
  }

  /**
   * The worker has the session anew.
   * @param {import("../protocol.js").SessionCreated} created
   */
  reopened(created) {
    this.driven(created.read_only ?? false);
    if (created.restored) this.#onEvent(created.restored);
  }

  /** @param {boolean} readOnly Whether another tab drives it. */
  driven(readOnly) {
    if (this.readOnly === readOnly) return;
    this.#driving.set(readOnly);
    this.#onEvent({ type: "driver", turn: null, seq: null, read_only: readOnly });
  }

  #checkOpen() {
    if (this.#closing) throw refuse("the session is closed", "Create another one.");
  }
}
