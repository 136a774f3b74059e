// The journals of sessions in IndexedDB: the part of `Backend` (state/journal/backend.py) that only JavaScript can do.
// Everything crosses the line to Python as text. What fails rejects with `StorageFault`.

import { Connection } from "./connection.js";
import { faultOf } from "./faults.js";
import { Owners } from "./owners.js";
import { headersOf, lastOf, recordsOf, store } from "./transactions.js";

/**
 * @typedef {import("./connection.js").Database} Database
 * @typedef {import("./connection.js").Migration} Migration
 *
 * @typedef {"records" | "wanted"} News
 */

/** What happens to requests when the browser closes the connection. */
const LOST = ["AbortError", "InvalidStateError"];

export class Journal {
  #connection;
  #owners;
  /** @type {BroadcastChannel | null} */
  #channel;
  /** @type {(session: string, news: News) => void} */
  #onNews = () => {};

  /**
   * @param {string} name Of the database.
   * @param {readonly Migration[]} [migrations]
   */
  constructor(name, migrations) {
    this.#connection = new Connection(name, migrations);
    this.#connection.open().catch(() => {}); // each use reports the fault
    this.#owners = new Owners(name);
    this.#channel = openChannel(`sparewheel ${name}`);
    this.#channel?.addEventListener("message", ({ data }) => this.#hear(data));
  }

  /** Whether two tabs cannot drive the same session. */
  get guarded() {
    return this.#owners.guarded;
  }

  /**
   * Make all changes in one transaction, or none of them.
   * @param {string} text JSON of `Change[]`.
   * @param {boolean} strict Wait until the disk has them, where the browser can.
   */
  async write(text, strict) {
    /** @type {import("./transactions.js").Change[]} */
    const changes = JSON.parse(text);
    await this.#run((database) => store(database, changes, strict ? "strict" : "relaxed"));
  }

  /**
   * @param {string} session
   * @param {number} after
   * @returns {Promise<string>} JSON of `[seq, text][]`: the records with higher numbers, in order.
   */
  async read(session, after) {
    return JSON.stringify(await this.#run((database) => recordsOf(database, session, after)));
  }

  /**
   * @param {string} session
   * @returns {Promise<number>} The highest number of a record, 0 without records.
   */
  async last(session) {
    return this.#run((database) => lastOf(database, session));
  }

  /** @returns {Promise<string>} JSON of `[session, text][]`. */
  async headers() {
    return JSON.stringify(await this.#run(headersOf));
  }

  /**
   * @param {string} session
   * @returns {Promise<string | undefined>} Not null: in Python that is no None.
   */
  async header(session) {
    const stored = await this.#run((database) => database.get("headers", session));
    return stored && (typeof stored.text === "string" ? stored.text : "");
  }

  /**
   * @param {string} session
   * @param {boolean} wait
   */
  async claim(session, wait) {
    try {
      return await this.#owners.claim(session, wait);
    } catch (thrown) {
      throw faultOf(thrown);
    }
  }

  /** @param {string} session Whether another claim waits for it. */
  async wanted(session) {
    return this.#owners.isWanted(session);
  }

  /** @param {string} session */
  abandon(session) {
    this.#owners.abandon(session);
  }

  /** @param {string} session */
  async release(session) {
    await this.#owners.release(session);
  }

  /** @returns {Promise<string>} JSON of the sessions that any tab drives. */
  async claimed() {
    return JSON.stringify(await this.#owners.claimed());
  }

  /**
   * Call the other tabs. No state travels: the journal is the truth.
   * @param {string} session
   * @param {News} news
   */
  tell(session, news) {
    this.#channel?.postMessage({ session, news });
  }

  /** @param {(session: string, news: News) => void} listener For what other tabs tell. */
  listen(listener) {
    this.#onNews = listener;
  }

  async close() {
    this.#channel?.close();
    this.#connection.close();
    await this.#owners.releaseAll();
  }

  /** @param {unknown} data */
  #hear(data) {
    const { session, news } = /** @type {Record<string, unknown>} */ (data instanceof Object ? data : {});
    if (typeof session === "string" && (news === "records" || news === "wanted")) this.#onNews(session, news);
  }

  /**
   * @template T
   * @param {(database: Database) => Promise<T>} work Leaves nothing behind if it fails.
   * @param {boolean} [again] The second attempt.
   * @returns {Promise<T>}
   */
  async #run(work, again = false) {
    try {
      return await work(await this.#connection.open());
    } catch (thrown) {
      if (again || !(thrown instanceof DOMException) || !LOST.includes(thrown.name)) throw faultOf(thrown);
      this.#connection.close();
      return this.#run(work, true);
    }
  }
}

/**
 * Null where storage is forbidden.
 * @param {string} name
 */
function openChannel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}
