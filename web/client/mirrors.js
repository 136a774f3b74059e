/**
 * @typedef {import("../protocol.js").CreateSession} CreateSession
 * @typedef {import("../protocol.js").RuntimeRestarted} RuntimeRestarted
 * @typedef {import("./session.js").Session} Session
 *
 * @typedef {object} Mirror What a session is created again from.
 * @property {CreateSession} command
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
  /** @type {Map<string, Mirror>} */
  #mirrors = new Map();
  /** @type {Map<string, Promise<unknown> | null>} The sessions that the worker does not have; null: nothing needs them yet. */
  #missing = new Map();

  /**
   * @param {import("./client.js").Client} client
   * @param {(event: RuntimeRestarted) => void} onEvent
   */
  constructor(client, onEvent) {
    this.#client = client;
    this.#onEvent = onEvent;
    client.on("conversation", ({ session, start, messages }) => {
      const mirror = this.#mirrors.get(session);
      if (mirror) mirror.history.splice(start, Infinity, ...messages);
    });
    client.onReplaced((reason) => this.#replaced(reason));
    client.restoreWith((session) => (session === undefined ? null : this.#restore(session)));
  }

  /**
   * @param {CreateSession} command What the session was created with.
   * @param {Session} session
   */
  add(command, session) {
    this.#mirrors.set(command.session, { command, history: [...(command.history ?? [])], session });
    session.closed.then(() => {
      this.#mirrors.delete(command.session);
      this.#missing.delete(command.session);
    });
  }

  /** @param {string} session */
  #restore(session) {
    const mirror = this.#mirrors.get(session);
    const missing = this.#missing;
    if (!mirror || !missing.has(session)) return null;
    const { command, history } = mirror;
    const title = mirror.session.title ?? undefined;
    const begun = missing.get(session);
    if (begun) return begun;
    const creating = this.#client.requestNow("create_session", { ...command, history, title });
    missing.set(session, creating);
    creating.then(
      () => missing.delete(session),
      () => missing.set(session, null), // the same file and env were accepted before: the command reports the error
    );
    return creating;
  }

  /** @param {string} reason */
  async #replaced(reason) {
    const sessions = [...this.#mirrors.keys()];
    this.#missing = new Map(sessions.map((session) => [session, null]));
    /** @type {RuntimeRestarted} */
    const event = { type: "runtime_restarted", turn: null, seq: null, reason, sessions };
    this.#onEvent(event);
    for (const { session } of [...this.#mirrors.values()]) session.restarted(event);
  }
}
