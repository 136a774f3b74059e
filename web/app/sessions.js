// The runtime of this page and the sessions of its conversations: the one that is shown, and those whose turns still run.

import { createRuntime, SparewheelError } from "../sparewheel.js";
import { documentsFor, keepDocuments } from "./documents/room.js";
import { startedWorker } from "./start.js";

/**
 * @typedef {import("../sparewheel.js").Runtime} Runtime
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {Parameters<import("../sparewheel.js").Listener>[0]} AnyEvent
 *
 * @typedef {"first" | "changed" | "opened"} Reason Why there is another session: the conversation is new, its agent file or
 *   keys are others from here on, or it was stored.
 */

/** One conversation, stored or new, and its session while it has one. */
export class Chat {
  /** @type {string | null} Under which the store has it; null before it has a session. */
  id;
  /** @type {import("./workbench.js").Turn | null} The turn that runs. */
  turn = null;
  /** @type {import("../sparewheel.js").Restored | null} The turn that was interrupted, and may go on. */
  restored = null;
  /** The agent file that the store has for it. */
  storedYaml = "";
  /** Whether nothing was ever asked in it. */
  isEmpty;
  /** @type {Promise<void>} Settles when what is stored of it has been read. */
  loaded = Promise.resolve();
  /** @type {{runtime: Runtime, made: string, session: Promise<Session>} | null} */
  current = null;
  /** Whether it has had a session on this page. */
  isOpened = false;
  /** @type {Session | null} */
  session = null;
  /** What its agent searches, by name; null: it has not been read. @type {Map<string, Blob> | null} */
  documents = null;
  /** Another number after each change of them, and that of those which are kept. */
  documentsVersion = 0;
  keptVersion = 0;

  /** @param {string | null} [id] */
  constructor(id = null) {
    this.id = id;
    this.isEmpty = id === null;
  }
}

export class Sessions {
  #onProgress;
  #keys;
  #onEvent;
  /** @type {Promise<Runtime> | null} */
  #runtime = null;

  /**
   * @param {object} parts
   * @param {(progress: import("../sparewheel.js").Progress) => void} parts.onProgress
   * @param {import("./keys/key-questions.js").KeyQuestions} parts.keyQuestions
   * @param {(chat: Chat, event: AnyEvent) => void} parts.onEvent Every event of a conversation.
   */
  constructor({ onProgress, keyQuestions, onEvent }) {
    this.#onProgress = onProgress;
    this.#keys = keyQuestions;
    this.#onEvent = onEvent;
  }

  /** Start the runtime, unless it is running. If it failed to start, or ended, a new one is started. */
  start() {
    if (!this.#runtime) {
      const forget = () => (this.#runtime = null);
      this.#runtime = createRuntime({ createWorker: startedWorker, onProgress: this.#onProgress, store: "indexeddb" });
      this.#runtime.then(({ closed }) => closed).then(forget, forget);
    }
    return this.#runtime;
  }

  /**
   * The session of a conversation for this agent file and these keys. If they have changed, the conversation goes on with them.
   * @param {Chat} chat
   * @param {string} yaml
   * @param {Record<string, string>} env
   * @returns {Promise<{session: Session, reason: Reason | null}>} null: it is the same as before. Rejects with what is wrong.
   */
  async session(chat, yaml, env) {
    const runtime = await this.start();
    const made = JSON.stringify([yaml, env, chat.documentsVersion]);
    if (chat.current?.runtime !== runtime) chat.current = chat.session = null;
    const former = chat.current;
    void keepDocuments(chat);
    if (former?.made === made) return { session: await former.session, reason: null };
    this.#keys.withdraw();
    const isNew = chat.id === null;
    const current = { runtime, made, session: this.#make(runtime, chat, yaml, env, former?.session) };
    chat.current = current;
    try {
      chat.session = await current.session;
    } catch (error) {
      // A session that was there goes on as it was.
      const { session } = chat;
      if (chat.current === current) chat.current = session && { runtime, made: "", session: Promise.resolve(session) };
      throw error;
    }
    const reason = chat.isOpened ? "changed" : isNew ? "first" : "opened";
    chat.isOpened = true;
    chat.id = chat.session.id;
    void keepDocuments(chat);
    chat.storedYaml = yaml;
    return { session: chat.session, reason };
  }

  /**
   * Close the session of a conversation.
   * @param {Chat} chat
   */
  async close(chat) {
    this.#keys.withdraw();
    const session = chat.current?.session;
    chat.current = chat.session = null;
    await closed(session);
  }

  /**
   * Close the session of a conversation that is not on the page any more, and forget one in which nothing was asked.
   * @param {Chat} chat
   */
  async leave(chat) {
    await this.close(chat);
    const { id, isEmpty } = chat;
    if (!isEmpty || id === null) return;
    const deleting = this.start().then(({ sessions }) => sessions.delete(id));
    await deleting.catch(() => {}); // it is deleted by the next page
  }

  /** Ask again about the hosts that were not allowed. */
  reconsider() {
    this.#keys.reconsider();
  }

  /**
   * A session, after the user has allowed the hosts that the file sends vendors' keys to.
   * @param {Runtime} runtime
   * @param {Chat} chat
   * @param {string} yaml
   * @param {Record<string, string>} env
   * @param {Promise<Session> | undefined} former What was made before: it may fail, and leave the one before that.
   */
  async #make(runtime, chat, yaml, env, former) {
    await former?.catch(() => {});
    const open = chat.session;
    if (open?.readOnly) await open.close();
    const documents = await documentsFor(chat, yaml);
    const make = async (/** @type {string[] | undefined} */ allowHosts) => {
      const options = { env, ...(allowHosts && { allowHosts }), ...(documents && { documents }) };
      if (open && !open.readOnly) {
        await open.update({ ...options, yaml });
        return open;
      }
      const onEvent = (/** @type {AnyEvent} */ event) => this.#onEvent(chat, event);
      const more = { trace: true, oauthRedirectURI: new URL("oauth.html", document.baseURI).href };
      if (chat.id === null) return runtime.createSession({ ...options, ...more, yaml }, onEvent);
      return runtime.sessions.open(chat.id, { ...options, ...more, ...(yaml !== chat.storedYaml && { yaml }) }, onEvent);
    };
    try {
      return await make(undefined);
    } catch (thrown) {
      const requests = thrown instanceof SparewheelError ? (thrown.key_requests ?? []) : [];
      if (requests.length === 0 || !(await this.#keys.allow(requests))) throw thrown;
      return make(requests.map(({ host }) => host));
    }
  }
}

/** @param {Promise<Session> | undefined} session One that was not made needs no closing. */
async function closed(session) {
  await session?.then((made) => made.close()).catch(() => {});
}
