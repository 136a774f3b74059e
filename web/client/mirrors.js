// What sessions are created again from, in the worker that replaces one that has died.

import { refuse } from "./config-error.js";
import { SparewheelError } from "./errors.js";
import { released } from "./store.js";

/**
 * @typedef {import("../protocol.js").CreateSession} CreateSession
 * @typedef {import("../protocol.js").OpenSession} OpenSession
 * @typedef {import("../protocol.js").RuntimeRestarted} RuntimeRestarted
 * @typedef {import("./session.js").Session} Session
 *
 * @typedef {object} Mirror What a session is created again from.
 * @property {CreateSession} command
 * @property {OpenSession | null} stored Opens it again, if a store that outlives the worker keeps it.
 * @property {import("../protocol.js").ChatMessage[]} history
 * @property {Session} session
 */

/**
 * Keeps a copy of each session's conversation. A worker that replaces another one creates a session again when it is used
 * next: one whose file takes long, or hangs the worker, does not hold up the others.
 */
export class Mirrors {
  #client;
  #onEvent;
  #database;
  /** @type {Map<string, Mirror>} */
  #mirrors = new Map();
  /** @type {Map<string, Promise<unknown> | null>} The sessions that the worker does not have; null: nothing needs them yet. */
  #missing = new Map();

  /**
   * @param {import("./client.js").Client} client
   * @param {(event: RuntimeRestarted) => void} onEvent
   * @param {string} database Where the sessions are stored; empty: in the worker's memory.
   */
  constructor(client, onEvent, database) {
    this.#client = client;
    this.#onEvent = onEvent;
    this.#database = database;
    client.on("conversation", ({ session, start, messages }) => {
      const mirror = this.#mirrors.get(session);
      if (mirror) mirror.history.splice(start, Infinity, ...messages);
    });
    client.onReplaced((reason) => this.#replaced(reason));
    client.restoreWith((session) => (session === undefined ? null : this.#restore(session)));
  }

  /**
   * @param {CreateSession | OpenSession} made What the session was created or opened with.
   * @param {Session} session
   * @param kept The conversation of a session that was opened, if the worker alone has it.
   */
  add(made, session, kept = /** @type {import("../protocol.js").ChatMessage[]} */ ([])) {
    const command = /** @type {CreateSession} */ ({ ...made, id: session.id });
    const { history = kept, title: _, ...open } = command;
    const stored = this.#database ? { ...open, id: session.id } : null;
    this.#mirrors.set(command.session, { command, stored, history: [...history], session });
    session.closed.then(() => {
      this.#mirrors.delete(made.session);
      this.#missing.delete(made.session);
    });
  }

  /**
   * What a session was made with, as options for another one of the same agent, keys and functions.
   * @param {string} session
   */
  optionsOf(session) {
    const mirror = this.#mirrors.get(session);
    if (!mirror) throw refuse("the session is closed", "Create another one.");
    const { id: _id, session: _session, history: _history, title: _title, ...options } = mirror.command;
    return options;
  }

  /**
   * The session goes on with other options.
   * @param {string} session
   * @param {Record<string, unknown>} options Those that change.
   */
  change(session, options) {
    const mirror = this.#mirrors.get(session);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));
    for (const made of mirror ? [mirror.command, mirror.stored] : []) Object.assign(made ?? {}, given);
  }

  /** @param {string} session */
  #restore(session) {
    const mirror = this.#mirrors.get(session);
    const missing = this.#missing;
    if (!mirror || !missing.has(session)) return null;
    const begun = missing.get(session);
    if (begun) return begun;
    const creating = this.#create(mirror);
    missing.set(session, creating);
    creating.then(
      () => missing.delete(session),
      () => missing.set(session, null), // the same file and env were accepted before: the command reports the error
    );
    return creating;
  }

  /** @param {Mirror} mirror */
  async #create({ command, stored, history, session }) {
    if (stored) {
      await released(this.#database, stored.id);
      try {
        session.reopened(await this.#client.requestNow("open_session", { ...stored, again: true }));
        return;
      } catch (error) {
        // What storage has not kept is created from the mirror.
        if (!(error instanceof SparewheelError && ["config", "storage"].includes(error.kind))) throw error;
      }
    }
    const now = { ...command, history, title: session.title ?? undefined, again: true };
    session.reopened(await this.#client.requestNow("create_session", now));
    const { preferred, skipped } = session;
    for (const model of skipped) await this.#client.requestNow("skip", { session: command.session, model });
    if (preferred) await this.#client.requestNow("prefer", { session: command.session, model: preferred });
  }

  /** @param {string} reason */
  async #replaced(reason) {
    this.#missing = new Map([...this.#mirrors.keys()].map((session) => [session, null]));
    const sessions = [...this.#mirrors.values()].map(({ session }) => session.id);
    /** @type {RuntimeRestarted} */
    const event = { type: "runtime_restarted", turn: null, seq: null, reason, sessions };
    this.#onEvent(event);
    for (const { session } of [...this.#mirrors.values()]) session.restarted(event);
  }
}
