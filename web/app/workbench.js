// The state of the page, in one place, and everything that can be done with it. A room gets the workbench, subscribes to
// what it shows, and calls methods:
//
//   workbench.subscribe({ turn(turn) {}, event(event, turn) {}, end(turn) {}, … })   the names are in room-events.js
//   workbench.takeTurn(parts, options)   workbench.stop()   workbench.newChat()   workbench.openChat(id)
//   workbench.setAgent(yaml)   workbench.setKeys(env)   workbench.setDraft(text)   workbench.resume()   workbench.takeOver()
//   workbench.runtime · chat · session · models · yaml · env · turn · phase · problem · draft   what is, now
//
// Views keep no state of these, and no room reaches into the elements of another one.

import { keepOffline, SparewheelError } from "../sparewheel.js";
import { Models } from "./chain/models.js";
import { Chat, Sessions } from "./sessions.js";
import { storedChat } from "./chats/stored-turns.js";
import { copyDocuments, forgetDocuments } from "./documents/room.js";
import { isOneBuild } from "./one-build.js";
import { Readiness } from "./readiness.js";
import { RoomEvents } from "./room-events.js";
import { known, Turns } from "./turns.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("./room-events.js").Turn} Turn
 * @typedef {import("./room-events.js").Phase} Phase
 */

/** After the last change of the agent file or a key; then the file is checked. */
const SETTLE_MS = 500;
const NO_DEMO = "Reload the page, or choose or write another agent.";

export class Workbench {
  #events = new RoomEvents();
  #readiness = new Readiness(this.#events, () => this.turn !== null);
  #sessions;
  /** Settles when there is an agent file, or none is to come: then with the reason. @type {Promise<SparewheelError | null>} */
  #agentLoaded = Promise.resolve(null);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  /** The conversation on the page. */
  chat = new Chat();
  #turns;
  models = new Models();
  yaml = "";
  /** @type {Readonly<Record<string, string>>} */
  env = {};
  draft = "";

  /** @param {import("./keys/key-questions.js").KeyQuestions} keyQuestions */
  constructor(keyQuestions) {
    this.#sessions = new Sessions({
      keyQuestions,
      onProgress: (progress) => this.#events.emit("progress", progress),
      onEvent: (chat, event) => this.#turns.hear(chat, event),
    });
    this.#turns = new Turns(this.#events, {
      isShown: (chat) => chat === this.chat,
      open: (chat) => {
        this.#sessions.reconsider();
        return this.#openSession(chat);
      },
      setPhase: (phase, text) => this.setPhase(phase, text),
      onEnd: (chat) => {
        if (chat === this.chat) this.check();
        else void this.#sessions.close(chat);
      },
    });
  }

  /** The runtime. Starts one unless one is running; rejects if that fails. */
  get runtime() {
    return this.#sessions.start();
  }

  /** The session of the conversation on the page, while it has one. */
  get session() {
    return this.chat.session;
  }

  /** The turn of the conversation on the page that runs. */
  get turn() {
    return this.chat.turn;
  }

  /** The turns that run here, by the ids of their conversations. */
  get running() {
    return new Map([...this.#turns.busy].map(({ id, turn }) => [id, turn]));
  }

  /** @param {Partial<import("./room-events.js").Handlers>} handlers Called in the order in which they were subscribed. */
  subscribe(handlers) {
    this.#events.subscribe(handlers);
  }

  get phase() {
    return this.#readiness.phase;
  }

  /** Why the agent file cannot run; "" if it can. */
  get problem() {
    return this.#readiness.problem;
  }

  /** Whether no model of the agent file has the keys it needs. */
  get needsKey() {
    return this.#readiness.needsKey;
  }

  /**
   * @param {Phase} phase
   * @param {string} text
   */
  setPhase(phase, text) {
    this.#readiness.setPhase(phase, text);
  }

  /** Start Python, and check the agent file. */
  async start() {
    if (!isOneBuild()) {
      const message = "a new version was deployed while the page was being loaded";
      this.#refuseToStart(new SparewheelError({ message, hint: "Reload the page." }));
      return;
    }
    this.setPhase("booting", "Starting…");
    try {
      await this.runtime;
    } catch (thrown) {
      if (this.turn) return; // it shows the error
      this.#refuseToStart(known(thrown));
      return;
    }
    void keepOffline();
    if (this.turn) return; // a prompt was waiting for this
    this.#readiness.begin();
    this.check();
  }

  /** @param {SparewheelError} error Why the page cannot run. */
  #refuseToStart(error) {
    this.setPhase("error", "Could not start");
    this.#events.emit("bootFailure", error);
  }

  /** @param {Promise<unknown>} loaded Settles when the first agent file has been set: no session is opened before that. */
  expectAgent(loaded) {
    this.#agentLoaded = loaded.then(
      () => null,
      ({ message }) => new SparewheelError({ kind: "config", message: `The demo did not load: ${message}`, hint: NO_DEMO }),
    );
  }

  /** @param {string} text What is in the box for the prompt. */
  setDraft(text) {
    if (text === this.draft) return;
    this.draft = text;
    this.#events.emit("draft", text);
  }

  /** @param {string} yaml */
  setAgent(yaml) {
    if (yaml === this.yaml) return;
    this.yaml = yaml;
    this.#events.emit("agent", yaml);
    this.#changed();
  }

  /** @param {Record<string, string>} env Keys by name. */
  setKeys(env) {
    this.env = env;
    this.#events.emit("keys", env);
    this.#changed();
  }

  #changed() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.check(), SETTLE_MS);
  }

  /** Open the session for the agent file, unless a turn runs; after it, this is done again. */
  check() {
    if (!this.turn) this.#openSession(this.chat).catch(() => {}); // it is the `problem`
  }

  /**
   * The session of a conversation for the agent file and the keys.
   * @param {Chat} chat
   */
  async #openSession(chat) {
    clearTimeout(this.#settling);
    const failure = await this.#agentLoaded;
    await chat.loaded;
    try {
      if (failure && this.yaml.trim() === "") throw failure;
      const { session, reason } = await this.#sessions.session(chat, this.yaml, this.env);
      if (chat !== this.chat) return session;
      const { models, missingKeys } = session;
      const runs = models.some((model) => !missingKeys.some((key) => key.models.includes(model)));
      this.#readiness.setProblem("", !runs);
      this.#events.emit("missingKeys", missingKeys, runs);
      if (reason) this.#events.emit("session", session, reason);
      if (reason === "changed") this.#readiness.showIdle();
      return session;
    } catch (thrown) {
      const { message, hint, kind, key_requests: refused, missing_keys: missing } = known(thrown);
      const next = refused ? "Send a prompt to be asked again." : hint;
      if (missing?.length && chat === this.chat) this.#events.emit("missingKeys", missing, false);
      if (kind === "config" && chat === this.chat)
        this.#readiness.setProblem(`${message}\n${next}`.trim(), Boolean(missing?.length));
      throw thrown;
    }
  }

  /**
   * Run a turn. Does nothing if one is running. Its failure is shown, and is not thrown.
   * @param {import("../sparewheel.js").Prompt} prompt
   * @param {import("../sparewheel.js").TurnOptions} [options]
   */
  async takeTurn(prompt, options = {}) {
    await this.#turns.run(this.chat, prompt, options);
  }

  /** Go on with the turn that was interrupted. */
  async resume() {
    const { restored } = this.chat;
    if (restored) await this.#turns.run(this.chat, "", {}, restored.interrupted);
  }

  /**
   * Go on with the last turn, which has failed: its finished steps are not asked again.
   * @param {string} id
   * @param {import("../sparewheel.js").Prompt} prompt Of it.
   */
  async goOn(id, prompt) {
    await this.#turns.run(this.chat, prompt, {}, id);
  }

  /** Stop the turn that runs. */
  stop() {
    if (!this.turn) return;
    this.turn.control.abort();
    this.#events.emit("stop");
  }

  /** End the worker of a turn that does not stop, and start another one. The conversation goes on after its last turn. */
  async restartRuntime() {
    const runtime = await this.runtime;
    await runtime.restart().catch(() => runtime.dispose()); // then the next turn starts another one
  }

  /** @param {string} agentName Of the team: the one that is asked from here on. */
  async chooseAgent(agentName) {
    const { chat } = this;
    const session = await this.#openSession(chat);
    await session.update({ agentName });
    if (chat === this.chat) this.#events.emit("session", session, "changed");
  }

  /**
   * Show another conversation that has what was said before a turn of this one.
   * @param {string} turn Its id.
   */
  async branch(turn) {
    const session = await this.#openSession(this.chat);
    const branch = await session.fork({ turn });
    await branch.close();
    await copyDocuments(this.chat, branch.id);
    await this.openChat(branch.id);
  }

  /** Begin a new conversation. The old one stays in the store, and its turn goes on. */
  newChat() {
    this.#show(new Chat());
    this.check();
  }

  /**
   * Show a stored conversation.
   * @param {string} id
   * @param {(chat: import("./chats/stored-turns.js").StoredChat) => string} [agentOf] The agent file to use; default: the stored one.
   * @returns {Promise<void>} Rejects if there is no such conversation, or it cannot be read.
   */
  async openChat(id, agentOf = ({ yaml }) => yaml) {
    const chat = [...this.#turns.busy].find((busy) => busy.id === id) ?? new Chat(id);
    const reading = this.runtime.then((runtime) => runtime.sessions.export(id)).then(storedChat);
    const loading = Promise.all([reading, this.#agentLoaded]).then(([stored]) => {
      chat.storedYaml = stored.yaml;
      if (chat !== this.chat) return;
      this.yaml = agentOf(stored) || this.yaml;
      this.#events.emit("agent", this.yaml);
      const running = chat.turn?.transcript?.snapshot().turn; // its view goes on
      this.#events.emit("stored", { ...stored, turns: stored.turns.filter(({ id }) => id !== running) });
      if (chat.turn) this.#events.emit("turn", chat.turn);
    });
    chat.loaded = loading.catch(() => {});
    this.#readiness.setProblem("", false);
    this.#show(chat);
    await loading;
    if (chat === this.chat) this.check();
  }

  /** Become the one that drives the conversation on the page; the other tab hands it over when it has no turn. */
  async takeOver() {
    await this.session?.takeOver();
  }

  /**
   * Close a conversation: it is going to be deleted.
   * @param {string} id
   */
  async close(id) {
    const chat = [...this.#turns.busy, this.chat].find((open) => open.id === id);
    chat?.turn?.control.abort();
    if (chat) await this.#sessions.close(chat);
    void forgetDocuments(id);
  }

  /** @param {Chat} chat */
  #show(chat) {
    const former = this.chat;
    if (!this.#turns.busy.has(former)) void this.#sessions.leave(former);
    this.chat = chat;
    if (chat.turn && this.phase !== "booting") this.setPhase("running", "Answering…");
    else this.#readiness.showIdle();
    this.#events.emit("chat", chat);
  }
}
