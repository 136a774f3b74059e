import { createRuntime, SparewheelError } from "../sparewheel.js";
import { startedWorker } from "./start.js";

/**
 * @typedef {import("../sparewheel.js").Runtime} Runtime
 * @typedef {import("../sparewheel.js").Session} Session
 */

/** The runtime and the one session of this page: another agent file, or other keys, make another session. */
export class Conversation {
  #onProgress;
  #keys;
  /** @type {Promise<Runtime> | null} */
  #runtime = null;
  /** @type {{made: string, session: Promise<Session>} | null} */
  #current = null;

  /**
   * @param {(progress: import("../sparewheel.js").Progress) => void} onProgress
   * @param {import("./keys/key-questions.js").KeyQuestions} keys
   */
  constructor(onProgress, keys) {
    this.#onProgress = onProgress;
    this.#keys = keys;
  }

  /** Start the runtime, unless it is running. If it failed to start, or ended, a new one is started. */
  start() {
    if (!this.#runtime) {
      const forget = () => {
        this.#runtime = null;
        this.#current = null;
      };
      this.#runtime = createRuntime({ createWorker: startedWorker, onProgress: this.#onProgress, store: "indexeddb" });
      this.#runtime.then(({ closed }) => closed).then(forget, forget);
    }
    return this.#runtime;
  }

  /**
   * The session for this agent file and these keys.
   * @param {string} yaml
   * @param {Record<string, string>} env
   * @returns {Promise<{session: Session, isNew: boolean}>} Rejects with what is wrong with the file.
   */
  async session(yaml, env) {
    const runtime = await this.start();
    const made = JSON.stringify([yaml, env]);
    const isNew = this.#current?.made !== made;
    if (!this.#current || isNew) {
      this.#close(this.#current);
      this.#keys.withdraw();
      this.#current = { made, session: this.#create(runtime, yaml, env) };
    }
    const current = this.#current;
    try {
      return { session: await current.session, isNew };
    } catch (error) {
      if (this.#current === current) this.#current = null;
      throw error;
    }
  }

  /** Close the session: the next one is another conversation. */
  leave() {
    this.#close(this.#current);
    this.#keys.withdraw();
    this.#current = null;
  }

  /**
   * Open a stored session.
   * @param {string} id
   * @param {string} yaml The agent file on the page: the session is used until another one is there.
   * @param {Record<string, string>} env
   */
  async open(id, yaml, env) {
    const runtime = await this.start();
    this.leave();
    const session = runtime.sessions.open(id, { env });
    this.#current = { made: JSON.stringify([yaml, env]), session };
    return session;
  }

  /** Ask again about the hosts that were not allowed. */
  reconsider() {
    this.#keys.reconsider();
  }

  /**
   * A session, after the user has allowed the hosts that the file sends vendors' keys to.
   * @param {Runtime} runtime
   * @param {string} yaml
   * @param {Record<string, string>} env
   */
  async #create(runtime, yaml, env) {
    try {
      return await runtime.createSession({ yaml, env });
    } catch (thrown) {
      const requests = thrown instanceof SparewheelError ? (thrown.key_requests ?? []) : [];
      if (requests.length === 0 || !(await this.#keys.allow(requests))) throw thrown;
      return runtime.createSession({ yaml, env, allowHosts: requests.map(({ host }) => host) });
    }
  }

  /** @param {{session: Promise<Session>} | null} current */
  #close(current) {
    current?.session.then((session) => session.close()).catch(() => {}); // a session that was not created needs no closing
  }
}
