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

/** Keeps a copy of each session's conversation, and creates the sessions again in a worker that replaces another one. */
export class Mirrors {
  #client;
  #onEvent;
  /** @type {Map<string, Mirror>} */
  #mirrors = new Map();

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
    client.onReplaced((reason) => this.#recreate(reason));
  }

  /**
   * @param {CreateSession} command What the session was created with.
   * @param {Session} session
   */
  add(command, session) {
    this.#mirrors.set(command.session, { command, history: [...(command.history ?? [])], session });
    session.closed.then(() => this.#mirrors.delete(command.session));
  }

  /** @param {string} reason */
  async #recreate(reason) {
    const mirrors = [...this.#mirrors.values()];
    const created = await Promise.all(
      mirrors.map(({ command, history }) =>
        this.#client.requestNow("create_session", { ...command, history }).then(
          () => command.session,
          () => null, // the same file and env were accepted before; its next command says what is wrong
        ),
      ),
    );
    const sessions = created.filter((session) => session !== null);
    /** @type {RuntimeRestarted} */
    const event = { type: "runtime_restarted", turn: null, seq: null, reason, sessions };
    this.#onEvent(event);
    for (const { session } of mirrors) session.restarted(event);
  }
}
