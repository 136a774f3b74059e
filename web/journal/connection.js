import { openDB } from "idb";

import { faultOf, StorageFault } from "./faults.js";

/**
 * @typedef {object} StoredRecord
 * @property {string} session
 * @property {number} seq
 * @property {string} text JSON.
 *
 * @typedef {object} StoredHeader What a list of sessions shows of one.
 * @property {string} id Of the session.
 * @property {string} text JSON.
 *
 * @typedef {object} Shelf The texts of headers again, by session: a few large values are read many times faster than many
 *   small ones.
 * @property {number} number
 * @property {Map<string, string>} rows
 *
 * @typedef {object} Schema
 * @property {{key: [string, number], value: StoredRecord}} records
 * @property {{key: string, value: StoredHeader}} headers
 * @property {{key: number, value: Shelf}} shelves
 *
 * @typedef {import("idb").IDBPDatabase<Schema>} Database
 * @typedef {(database: Database, transaction: import("idb").IDBPTransaction<Schema, any, "versionchange">) => void} Migration
 */

/**
 * Each takes the database from the version that is its index to the next one, in the transaction of the upgrade: if one
 * throws, everything stays as it was.
 * @type {readonly Migration[]}
 */
export const MIGRATIONS = [
  (database) => {
    database.createObjectStore("records", { keyPath: ["session", "seq"] });
    database.createObjectStore("headers", { keyPath: "id" });
    database.createObjectStore("shelves", { keyPath: "number" });
  },
];

/** The connection to a database: opened when it is first used, and again when it was closed. */
export class Connection {
  #name;
  #migrations;
  /** @type {Promise<Database> | null} */
  #opening = null;

  /**
   * @param {string} name Of the database.
   * @param {readonly Migration[]} [migrations]
   */
  constructor(name, migrations = MIGRATIONS) {
    this.#name = name;
    this.#migrations = migrations;
  }

  /** @returns {Promise<Database>} Rejects with `StorageFault`. While other tabs block an upgrade, it rejects and goes on. */
  open() {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** The next use opens the database again. */
  close() {
    this.#opening?.then(
      (database) => database.close(),
      () => {},
    );
    this.#opening = null;
  }

  /** @returns {Promise<Database>} */
  #open() {
    /** @type {(fault: StorageFault) => void} */
    let giveUp = () => {};
    /** @type {Promise<never>} */
    const blocked = new Promise((_, reject) => (giveUp = reject));
    const opened = this.#request(giveUp);
    const opening = Promise.race([opened, blocked]);
    const replace = (/** @type {Promise<Database> | null} */ next) => {
      if (this.#opening === opening) this.#opening = next;
    };
    opened.then(
      () => replace(opened), // it was blocked until now
      () => replace(null), // the next use tries again
    );
    return opening;
  }

  /**
   * @param {(fault: StorageFault) => void} giveUp
   * @returns {Promise<Database>}
   */
  async #request(giveUp) {
    try {
      return await openDB(this.#name, this.#migrations.length, {
        upgrade: (database, from, _, transaction) => this.#migrate(/** @type {any} */ (database), from, transaction),
        blocked: () => giveUp(new StorageFault("blocked", "Another tab has an older version of this page open.")),
        blocking: () => this.close(), // a newer version upgrades the database in another tab
        terminated: () => (this.#opening = null),
      });
    } catch (thrown) {
      throw faultOf(thrown);
    }
  }

  /** @type {(database: Database, from: number, transaction: Parameters<Migration>[1]) => void} */
  #migrate(database, from, transaction) {
    try {
      for (const migrate of this.#migrations.slice(from)) migrate(database, transaction);
    } catch (thrown) {
      // Thrown on, it would count as a crash of the worker.
      console.debug("sparewheel: the stored sessions cannot be migrated:", thrown);
      transaction.done.catch(() => {});
      transaction.abort();
    }
  }
}
