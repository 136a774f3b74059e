// `sparewheel/chat`: `<sparewheel-chat>`, a chat with an agent as a custom element.

import { make } from "./chat-dom.js";
import { chatStyle } from "./chat-style.js";
import { shareRuntime } from "./chat-runtime.js";
import { ChatTurn, interrupted } from "./chat-turn.js";

/**
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {import("../sparewheel.js").Runtime} Runtime
 * @typedef {import("../events.js").Event} Event
 */

const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {}); // a server may import this

export class SparewheelChat extends Base {
  static observedAttributes = ["agent"];
  /** @type {Runtime | undefined} */
  runtime;
  /** @type {string | undefined} */
  yaml;
  /** @type {Partial<import("../sparewheel.js").SessionOptions>} */
  options = {};
  /** @type {Session | null} */
  session = null;
  #env = /** @type {Record<string, string> | undefined} */ (undefined);
  #root = /** @type {ShadowRoot | null} */ (null);
  #starting = /** @type {Promise<void> | null} */ (null);
  #release = () => {};
  /** @type {ChatTurn | null} */
  #turn = null;
  #interrupted = false;
  #log = /** @type {HTMLElement} */ (/** @type {unknown} */ (null));
  #status = /** @type {HTMLElement} */ (/** @type {unknown} */ (null));
  #box = /** @type {HTMLTextAreaElement} */ (/** @type {unknown} */ (null));
  #button = /** @type {HTMLButtonElement} */ (/** @type {unknown} */ (null));

  /** Keys, by name. Never an attribute: attributes are part of the page. */
  get env() {
    return this.#env;
  }

  set env(env) {
    this.#env = env;
    if (this.session && env) this.#settle(this.session.update({ env }));
  }

  /** Resolves when the first prompt can be sent; rejects if the agent cannot run. */
  get ready() {
    return (this.#starting ??= this.#start());
  }

  connectedCallback() {
    this.#upgrade();
    if (!this.#root) this.#build();
    this.ready.catch(() => {}); // it is shown
  }

  /**
   * @param {string} _name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(_name, before, after) {
    const { session } = this;
    if (session && before !== after) this.#settle(this.#file().then((yaml) => session.update({ yaml })));
  }

  /** @param {string} prompt */
  async send(prompt) {
    if (!this.#root) this.#build();
    await this.ready;
    if (this.#turn) throw new Error("A turn is running.");
    const session = /** @type {Session} */ (this.session);
    this.#say(prompt);
    return this.#run(session, () => session.send(prompt));
  }

  stop() {
    this.session?.abort();
  }

  /** Ends the session, and the runtime if no other element uses it. A stored session can be opened again. */
  async close() {
    await this.#starting?.catch(() => {});
    await this.session?.close();
    this.session = null;
    this.#starting = null;
    this.#release();
    this.#log?.replaceChildren();
  }

  /** Properties that were set before the element was defined hide the accessors. */
  #upgrade() {
    if (!Object.hasOwn(this, "env")) return;
    const { env } = this;
    Reflect.deleteProperty(this, "env");
    this.env = env;
  }

  #build() {
    this.#root = this.attachShadow({ mode: "open", delegatesFocus: true });
    this.#root.adoptedStyleSheets = [chatStyle()];
    const label = this.getAttribute("label") ?? "Chat";
    this.#log = make("div", { className: "log", role: "log", tabIndex: 0, "aria-label": `${label}: messages` });
    this.#status = make("p", { className: "status quiet", role: "status", textContent: "Starting" });
    this.#box = make("textarea", { id: "box", onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event) });
    this.#button = make("button", { textContent: "Send", disabled: true });
    const caption = make("label", { className: "hidden", htmlFor: "box", textContent: `${label}: message` });
    const onsubmit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#submit();
    };
    this.#root.append(this.#log, this.#status, make("form", { onsubmit }, caption, this.#box, this.#button));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape" && this.#turn) this.stop();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.#turn) this.#submit();
  }

  #submit() {
    if (this.#turn) return this.stop();
    const prompt = this.#box.value;
    if (!prompt.trim() || this.#button.disabled) return;
    this.#box.value = "";
    this.send(prompt).catch(() => {}); // it is shown
  }

  async #start() {
    try {
      if (!this.#root) this.#build();
      await null; // frameworks set properties in the task in which they insert the element
      await this.#open();
      this.#show("Ready");
      this.#button.disabled = false;
      this.#tell("ready", { session: this.session });
    } catch (error) {
      this.#starting = null;
      this.#failed(error);
      throw error;
    }
  }

  async #open() {
    const { runtime, release } = this.runtime
      ? { runtime: this.runtime, release: () => {} }
      : shareRuntime(
          { assetBase: this.getAttribute("asset-base"), store: this.getAttribute("store") },
          ({ message }) => this.session || this.#show(message),
        );
    this.#release = release;
    const [running, yaml] = await Promise.all([runtime, this.#file()]);
    const id = this.getAttribute("session-id");
    const agentName = this.getAttribute("agent-name");
    const given = { ...this.options, yaml, ...(agentName !== null && { agentName }), ...(this.#env && { env: this.#env }) };
    const listener = (/** @type {any} */ event) => this.#hear(event);
    const stored = id !== null && (await running.sessions.list()).some((row) => row.id === id);
    if (!stored) {
      this.session = await running.createSession({ interactive: true, ...given, ...(id !== null && { id }) }, listener);
      return;
    }
    const { history: _history, title: _title, id: _id, ...rest } = given;
    this.session = await running.sessions.open(id, { interactive: true, ...rest }, listener);
    await this.#past(this.session);
  }

  /** @returns {Promise<string>} */
  async #file() {
    if (this.yaml !== undefined) return this.yaml;
    const address = this.getAttribute("agent");
    if (!address) throw new Error("No agent: set the attribute `agent` to the address of an agent file, or the property `yaml`.");
    const response = await fetch(new URL(address, document.baseURI));
    if (!response.ok) throw new Error(`The agent file could not be loaded: ${response.status} for ${address}`);
    return response.text();
  }

  /** @param {Session} session Shows its conversation so far. */
  async #past(session) {
    for (const { role, content } of await session.messages()) {
      const text =
        typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "[file]")).join("\n");
      if (role === "user") this.#say(text);
      else if (role === "assistant" && text)
        this.#log.append(make("div", { className: "answer text", dir: "auto", textContent: text }));
    }
    if (this.#interrupted)
      this.#log.append(ChatTurn.interrupted(() => this.#run(session, () => session.resume()).catch(() => {})));
  }

  /** @param {Event | {type: string, turn: null}} event */
  #hear(event) {
    if (event.type === "restored") this.#interrupted = true;
    if (event.turn !== null) this.#turn?.push(/** @type {Event} */ (event));
    this.#tell("event", event);
  }

  /** @param {string} prompt */
  #say(prompt) {
    this.#log.append(make("div", { className: "prompt", dir: "auto", textContent: prompt }));
  }

  /**
   * @param {Session} session
   * @param {() => Promise<import("../sparewheel.js").Result>} begin
   */
  async #run(session, begin) {
    this.#interrupted = false;
    const status = (/** @type {string} */ text) => this.#show(text);
    const turn = new ChatTurn(session, { status, changed: () => this.#follow(), resume: () => this.#resume(session) });
    this.#turn = turn;
    this.#log.append(turn.root);
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#button.textContent = "Stop";
    this.#show("Answering");
    try {
      const result = await begin();
      this.#show("Ready");
      this.#tell("finish", result);
      return result;
    } catch (/** @type {any} */ error) {
      if (turn.root.ariaBusy === "true") turn.fail(error); // it could not begin: there was no event
      this.#show(error?.kind === "aborted" ? "Stopped" : "Failed"); // the turn shows why
      this.#tell("error", error);
      throw error;
    } finally {
      this.#turn = null;
      this.#button.textContent = "Send";
    }
  }

  /** @param {Session} session */
  #resume(session) {
    if (!this.#turn) this.#run(session, () => session.resume()).catch(() => {}); // it is shown
  }

  /** Stays at the end of the log, unless the reader has scrolled up. */
  #follow() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (scrollHeight - scrollTop - clientHeight < 120) this.#log.scrollTop = scrollHeight;
  }

  /** @param {string} text */
  #show(text) {
    this.#status.textContent = text;
  }

  /** @param {unknown} error */
  #failed(error) {
    const { message, hint = "" } = /** @type {any} */ (error) ?? {};
    this.#show(`${message} ${hint}`.trim());
    this.#tell("error", error);
  }

  /** @param {Promise<unknown>} changed */
  #settle(changed) {
    changed.then(
      () => this.#show("Ready"),
      (error) => this.#failed(error),
    );
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`sparewheel-${name}`, { detail, bubbles: true, composed: true }));
  }
}

if (globalThis.customElements && !customElements.get("sparewheel-chat")) customElements.define("sparewheel-chat", SparewheelChat);
