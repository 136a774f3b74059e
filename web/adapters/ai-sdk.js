// `sparewheel/ai-sdk`: a ChatTransport for AI SDK's `useChat`. One session for each chat; a turn's chunks are kept while it
// runs, so that a stream can be taken up again from its beginning.

import { answersOf, historyOf, promptOf } from "./ui-message-parts.js";
import { UIMessageTurn } from "./ui-message-turn.js";

export { createUIMessageMapper, toUIMessageChunks } from "./ui-message.js";
export { approvalsAnswered, visible } from "./ui-message-parts.js";

/**
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {import("./ai-sdk.js").TransportOptions} TransportOptions
 * @typedef {import("./ai-sdk.js").SendOptions} SendOptions
 *
 * @typedef {object} Chat
 * @property {Session} session
 * @property {UIMessageTurn | null} turn The latest one.
 * @property {string[]} turns The turns of this page, oldest first.
 * @property {boolean} interrupted Its last turn has no end, and can go on.
 */

/**
 * The chats of each runtime, whichever transport began them: a component that is mounted again makes another transport.
 * @type {WeakMap<object, {chats: Map<string, Promise<Chat>>, latest: Map<string, symbol>}>}
 */
const chatsOf = new WeakMap();

export class SparewheelTransport {
  /** A reconnect plays the turn from its beginning. */
  resumeStreamIsReplay = true;
  #options;
  #chats;
  /** The latest request of each chat. */
  #latest;

  /** @param {TransportOptions} options */
  constructor(options) {
    this.#options = options;
    const shared = chatsOf.get(options.runtime) ?? { chats: new Map(), latest: new Map() };
    chatsOf.set(options.runtime, shared);
    this.#chats = shared.chats;
    this.#latest = shared.latest;
  }

  /** @param {SendOptions} options */
  async sendMessages({ chatId, messages, abortSignal, trigger, messageId }) {
    const request = this.#request(chatId);
    const chat = await this.#chat(chatId, () => historyOf(messages));
    if (messages.at(-1)?.role === "assistant") return this.#goOn(chat, messages, abortSignal, chatId, request);
    await this.#supersede(chat);
    await this.#rewind(chatId, chat, messages, trigger === "regenerate-message" ? messageId : undefined);
    const prompt = await promptOf(messages.at(-1));
    const turn = this.#run(chat, (signal) => chat.session.send(prompt, { signal }));
    return this.#attach(turn, abortSignal, chatId, request);
  }

  /** @param {{chatId: string, abortSignal?: AbortSignal | undefined}} options */
  async reconnectToStream({ chatId, abortSignal }) {
    const request = this.#request(chatId);
    const chat = this.#chats.has(chatId) || (await this.#isStored(chatId)) ? await this.#chat(chatId) : null;
    if (chat?.turn?.live) return this.#attach(chat.turn, abortSignal, chatId, request);
    if (!chat?.interrupted || chat.session.readOnly) return null;
    return this.#attach(this.#resume(chat), abortSignal, chatId, request);
  }

  /** @param {string} chatId */
  async session(chatId) {
    return (await this.#chat(chatId)).session;
  }

  /**
   * @param {string} chatId
   * @param {import("../sparewheel.js").Confirmation & {id: string}} decision
   */
  async confirm(chatId, decision) {
    const chat = await this.#chat(chatId);
    await chat.session.confirm(decision);
    const approved = decision.decision !== "reject" && Boolean(decision.decision);
    chat.turn?.answered(decision.id, { approved, ...(decision.reason !== undefined && { reason: decision.reason }) });
  }

  /**
   * @param {string} chatId
   * @param {import("../sparewheel.js").ElicitationAnswer} answer
   */
  async respondToElicitation(chatId, answer) {
    const chat = await this.#chat(chatId);
    await chat.session.respondToElicitation(answer);
    chat.turn?.answered(answer.id);
  }

  close() {
    for (const chat of this.#chats.values()) void chat.then(({ session }) => session.close()).catch(() => {});
    this.#chats.clear();
  }

  /** @param {string} chatId */
  #request(chatId) {
    const request = Symbol(chatId);
    this.#latest.set(chatId, request);
    return request;
  }

  /**
   * The stream of a turn. Aborting stops the turn, unless another request for it has come in the same task: React runs
   * effects twice, and the second reconnect aborts the first.
   * @param {UIMessageTurn} turn
   * @param {AbortSignal | undefined} signal
   * @param {string} chatId
   * @param {symbol} request
   * @param {number} [from]
   */
  #attach(turn, signal, chatId, request, from) {
    const stop = () => queueMicrotask(() => this.#latest.get(chatId) === request && turn.abort());
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    return turn.stream(from);
  }

  /**
   * Only calls were answered: the turn goes on.
   * @param {Chat} chat
   * @param {readonly import("./ai-sdk.js").Message[]} messages
   * @param {AbortSignal | undefined} signal
   * @param {string} chatId
   * @param {symbol} request
   */
  async #goOn(chat, messages, signal, chatId, request) {
    const turn = chat.turn?.live ? chat.turn : chat.interrupted ? this.#resume(chat) : null;
    if (!turn) throw new Error("No turn waits for an answer: the last message has to be the user's.");
    const from = turn.paused;
    for (const { id, approved, reason } of answersOf(messages)) {
      if (!turn.answered(id, { approved, ...(reason !== undefined && { reason }) })) continue;
      // It rejects if nothing waits for it any more: the events tell what has become of the call.
      await chat.session
        .confirm({ id, decision: approved ? "approve" : "reject", ...(reason !== undefined && { reason }) })
        .catch(() => {});
    }
    return this.#attach(turn, signal, chatId, request, from);
  }

  /**
   * A new prompt ends the turn that is still going on, one that waits for an approval for example.
   * @param {Chat} chat
   */
  async #supersede(chat) {
    if (!chat.turn?.live) return;
    chat.turn.abort();
    await chat.turn.done;
  }

  /**
   * Goes back to before the first turn whose message is no longer there: the user has edited a prompt, or wants another answer.
   * @param {string} chatId
   * @param {Chat} chat
   * @param {readonly import("./ai-sdk.js").Message[]} messages
   * @param {string | undefined} regenerated The id of a message.
   */
  async #rewind(chatId, chat, messages, regenerated) {
    const kept = new Set(messages.map(({ id }) => id));
    const place = chat.turns.findIndex((turn) => !kept.has(turn));
    const turn = place < 0 ? regenerated : chat.turns[place];
    if (turn === undefined) return;
    const former = chat.session;
    chat.session = await former.fork(
      { turn },
      this.#listener(() => chat),
    );
    if (place >= 0) chat.turns.splice(place);
    this.#options.ids?.set(chatId, chat.session.id);
    await former.close();
  }

  /** @param {Chat} chat */
  #resume(chat) {
    chat.interrupted = false;
    return this.#run(chat, (signal) => chat.session.resume({ signal }));
  }

  /**
   * @param {Chat} chat
   * @param {(signal: AbortSignal) => Promise<unknown>} begin
   */
  #run(chat, begin) {
    const { version, fileUrl } = this.#options;
    const turn = new UIMessageTurn({ ...(version && { version }), ...(fileUrl && { fileUrl }) });
    chat.turn = turn;
    turn.run(begin);
    return turn;
  }

  /**
   * @param {string} chatId
   * @param {() => import("../sparewheel.js").Message[]} [history] Of a chat that begins with messages.
   * @returns {Promise<Chat>}
   */
  #chat(chatId, history) {
    let chat = this.#chats.get(chatId);
    if (!chat) {
      chat = this.#open(chatId, history);
      this.#chats.set(chatId, chat);
      chat.catch(() => this.#chats.delete(chatId));
    }
    return chat;
  }

  /**
   * @param {string} chatId
   * @param {() => import("../sparewheel.js").Message[]} [history]
   * @returns {Promise<Chat>}
   */
  async #open(chatId, history = () => []) {
    const runtime = await this.#options.runtime;
    const id = this.#id(chatId);
    const { yaml, title, history: _history, ...options } = this.#options.session;
    /** @type {Partial<Chat>} */
    const chat = { turn: null, turns: [], interrupted: false };
    const listener = this.#listener(() => chat);
    if (await this.#isStored(chatId)) {
      chat.session = await runtime.sessions.open(id, { interactive: true, ...options, yaml }, listener);
    } else {
      const given = { history: this.#options.session.history ?? history(), ...(title !== undefined && { title }) };
      chat.session = await runtime.createSession({ interactive: true, ...options, yaml, id, ...given }, listener);
    }
    return /** @type {Chat} */ (chat);
  }

  /** @param {string} chatId */
  async #isStored(chatId) {
    const rows = await (await this.#options.runtime).sessions.list();
    return rows.some(({ id }) => id === this.#id(chatId));
  }

  /** @param {string} chatId */
  #id(chatId) {
    return this.#options.ids?.get(chatId) ?? chatId;
  }

  /**
   * @param {() => Partial<Chat>} of
   * @returns {import("../sparewheel.js").Listener}
   */
  #listener(of) {
    return (event) => {
      const chat = of();
      if (event.type === "restored" || (event.type === "error" && event.kind === "in_doubt")) chat.interrupted = true;
      if (event.turn !== null && "seq" in event) {
        if (event.type === "start" && !chat.turns?.includes(event.turn)) chat.turns?.push(event.turn);
        chat.turn?.push(/** @type {import("../events.js").Event} */ (event));
      }
      return this.#options.onEvent?.(event);
    };
  }
}
