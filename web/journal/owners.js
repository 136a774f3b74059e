// One driver a session: a Web Lock, held by the worker that runs the turns. The browser releases it when the worker dies.

import { lockName } from "../client/lock-name.js";

/** Claims sessions for this worker. Where there are no locks (an insecure origin), every claim succeeds. */
export class Owners {
  #database;
  #locks = globalThis.navigator?.locks;
  /** @type {Map<string, () => Promise<unknown>>} What releases a session that is claimed here. */
  #release = new Map();
  /** @type {Map<string, AbortController>} Claims that wait. */
  #waiting = new Map();

  /** @param {string} database Its name. */
  constructor(database) {
    this.#database = database;
  }

  /** Whether two tabs cannot drive the same session. */
  get guarded() {
    return this.#locks !== undefined;
  }

  /**
   * @param {string} session
   * @param {boolean} wait Until another driver releases the session or dies; ended by `abandon`.
   * @returns {Promise<boolean>} Whether this worker is the driver now.
   */
  async claim(session, wait) {
    if (this.#release.has(session)) return true;
    if (!this.#locks) {
      this.#release.set(session, async () => {});
      return true;
    }
    const control = new AbortController();
    if (wait) this.#waiting.set(session, control);
    try {
      return await this.#request(session, wait ? { signal: control.signal } : { ifAvailable: true });
    } finally {
      if (this.#waiting.get(session) === control) this.#waiting.delete(session);
    }
  }

  /**
   * @param {string} session
   * @param {LockOptions} options
   * @returns {Promise<boolean>}
   */
  #request(session, options) {
    return new Promise((resolve, reject) => {
      const hold = (/** @type {Lock | null} */ lock) => {
        resolve(lock !== null);
        if (lock === null) return;
        /** @type {Promise<void>} */
        const held = new Promise((end) => {
          this.#release.set(session, () => {
            end();
            return released; // the lock is free only then
          });
        });
        return held;
      };
      const released = /** @type {LockManager} */ (this.#locks).request(lockName(this.#database, session), options, hold);
      released.catch(reject);
    });
  }

  /** @param {string} session A claim of which no longer waits. */
  abandon(session) {
    this.#waiting.get(session)?.abort();
  }

  /** @param {string} session */
  async release(session) {
    const release = this.#release.get(session);
    this.#release.delete(session);
    await release?.();
  }

  async releaseAll() {
    for (const session of [...this.#waiting.keys()]) this.abandon(session);
    await Promise.all([...this.#release.keys()].map((session) => this.release(session)));
  }

  /** @returns {Promise<string[]>} The sessions that any worker of this origin drives. */
  async claimed() {
    if (!this.#locks) return [...this.#release.keys()];
    const { held = [] } = await this.#locks.query();
    const prefix = lockName(this.#database, "");
    const driven = held.filter(({ mode }) => mode === "exclusive"); // others wait for its end (`untilFree`)
    return driven.flatMap(({ name = "" }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  }

  /**
   * @param {string} session
   * @returns {Promise<boolean>} Whether a claim waits for it.
   */
  async isWanted(session) {
    const { pending = [] } = (await this.#locks?.query()) ?? {};
    return pending.some(({ name, mode }) => name === lockName(this.#database, session) && mode === "exclusive");
  }
}
