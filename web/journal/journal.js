// The journals of sessions in IndexedDB: the part of `Backend` (state/journal/backend.py) that only JavaScript can do.
// Everything crosses the line to Python as text. What fails rejects with `StorageFault`.

import { Connection } from "./connection.js";
import { faultOf } from "./faults.js";
import { Owners } from "./owners.js";

/**
 * @typedef {import("./connection.js").Database} Database
 * @typedef {import("./connection.js").Migration} Migration
 *
 * @typedef {object} Change What one transaction does to one session, in this order; see `Change` in Python.
 * @property {string} session
 * @property {boolean} deleted
 * @property {[first: number, last: number][]} dropped
 * @property {[seq: number, text: string][]} records
 * @property {string | null} header
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
    /** @type {Change[]} */
    const changes = JSON.parse(text);
    await this.#run((database) => store(database, changes, strict ? "strict" : "relaxed"));
  }

  /**
   * @param {string} session
   * @param {number} after
   * @returns {Promise<string>} JSON of `[seq, text][]`: the records with higher numbers, in order.
   */
  async read(session, after) {
    const range = IDBKeyRange.bound([session, after], [session, []], true);
    const stored = await this.#run((database) => everything(database, "records", range));
    return JSON.stringify(stored.map(({ seq, text }) => [seq, legible(text)]));
  }

  /**
   * @param {string} session
   * @returns {Promise<number>} The highest number of a record, 0 without records.
   */
  async last(session) {
    const cursor = await this.#run((database) => database.transaction("records").store.openKeyCursor(ofSession(session), "prev"));
    return cursor ? cursor.key[1] : 0;
  }

  /** @returns {Promise<string>} JSON of `[session, text][]`. */
  async headers() {
    const stored = await this.#run((database) => everything(database, "headers"));
    return JSON.stringify(stored.flatMap(({ id, text }) => (typeof id === "string" ? [[id, legible(text)]] : [])));
  }

  /**
   * @param {string} session
   * @returns {Promise<string | undefined>} Not null: in Python that is no None.
   */
  async header(session) {
    const stored = await this.#run((database) => database.get("headers", session));
    return stored && legible(stored.text);
  }

  /**
   * @param {string} session
   * @param {boolean} wait
   */
  async claim(session, wait) {
    try {
      const claimed = await this.#owners.claim(session, wait);
      // Another tab may have asked the driver before this one.
      if (claimed && wait && (await this.#owners.isWanted(session))) this.#onNews(session, "wanted");
      return claimed;
    } catch (thrown) {
      throw faultOf(thrown);
    }
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
 * @param {Database} database
 * @param {Change[]} changes
 * @param {"strict" | "relaxed"} durability
 */
async function store(database, changes, durability) {
  const transaction = database.transaction(["records", "headers"], "readwrite", { durability });
  /** @type {Promise<unknown>[]} */
  const requests = [];
  try {
    for (const change of changes) for (const request of requestsOf(change, transaction)) requests.push(request);
    transaction.commit(); // without waiting for the requests
  } catch (thrown) {
    transaction.abort();
    await Promise.allSettled([transaction.done, ...requests]);
    throw thrown;
  }
  const outcomes = await Promise.allSettled([transaction.done, ...requests]);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  // What fails with "AbortError" was only aborted with the others.
  if (reasons.length > 0) throw reasons.find(({ name }) => name !== "AbortError") ?? reasons[0];
}

/**
 * @param {Change} change
 * @param {import("idb").IDBPTransaction<import("./connection.js").Schema, ["records", "headers"], "readwrite">} transaction
 */
function* requestsOf({ session, deleted, dropped, records, header }, transaction) {
  const [stored, headers] = [transaction.objectStore("records"), transaction.objectStore("headers")];
  if (deleted) {
    yield stored.delete(ofSession(session));
    yield headers.delete(session);
  }
  for (const [first, last] of dropped) yield stored.delete(IDBKeyRange.bound([session, first], [session, last]));
  for (const [seq, text] of records) yield stored.add({ session, seq, text });
  if (header !== null) yield headers.put({ id: session, text: header });
}

/**
 * Every entry of a range. One that the browser cannot read loses only its text.
 * @param {Database} database
 * @param {"records" | "headers"} name
 * @param {IDBKeyRange} [range]
 * @returns {Promise<any[]>}
 */
async function everything(database, name, range) {
  try {
    return await database.getAll(name, range);
  } catch {
    const keys = /** @type {any[]} */ (await database.getAllKeys(name, range));
    const fields = (/** @type {any} */ key) => (name === "records" ? { session: key[0], seq: key[1] } : { id: key });
    return Promise.all(keys.map((key) => database.get(name, key).catch(() => fields(key))));
  }
}

/** @param {string} session */
const ofSession = (session) => IDBKeyRange.bound([session], [session, []]);

/**
 * @param {unknown} text As it is stored.
 * @returns {string} Empty if it is no text.
 */
const legible = (text) => (typeof text === "string" ? text : "");

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
