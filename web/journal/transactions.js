// What one transaction does. All of it or nothing: what fails leaves everything as it was.

/**
 * @typedef {import("./connection.js").Database} Database
 * @typedef {import("idb").IDBPTransaction<import("./connection.js").Schema, typeof STORES, "readwrite">} Transaction
 *
 * @typedef {object} Change What a transaction does to one session, in this order; see `Change` in Python.
 * @property {string} session
 * @property {boolean} deleted
 * @property {[first: number, last: number][]} dropped
 * @property {[seq: number, text: string][]} records
 * @property {string | null} header
 */

/** @type {["records", "headers", "shelves"]} */
const STORES = ["records", "headers", "shelves"];
const SHELVES = 64;
/** With what a request fails that is made in a transaction which has failed. */
const FOLLOWING = ["AbortError", "InvalidStateError", "TransactionInactiveError"];

/**
 * @param {Database} database
 * @param {Change[]} changes
 * @param {"strict" | "relaxed"} durability
 */
export async function store(database, changes, durability) {
  const transaction = database.transaction(STORES, "readwrite", { durability });
  /** @type {any[]} */
  const reasons = [];
  const watch = (/** @type {Promise<unknown>} */ work) => work.catch((reason) => reasons.push(reason));
  const settled = [watch(transaction.done)];
  try {
    for (const change of changes) for (const request of requestsOf(change, transaction)) settled.push(watch(request));
    await putOnShelves(changes, transaction);
    transaction.commit(); // without waiting for the requests
  } catch (thrown) {
    settled.push(watch(Promise.reject(thrown)));
    abort(transaction);
  }
  await Promise.all(settled);
  if (reasons.length > 0) throw reasons.find(({ name }) => !FOLLOWING.includes(name)) ?? reasons[0];
}

/** @param {Transaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has been aborted already.
  }
}

/**
 * @param {Change} change
 * @param {Transaction} transaction
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
 * @param {Change[]} changes
 * @param {Transaction} transaction
 */
async function putOnShelves(changes, transaction) {
  const shelves = transaction.objectStore("shelves");
  for (const { session, deleted, header } of changes) {
    if (!deleted && header === null) continue;
    const number = shelfOf(session);
    const rows = (await shelves.get(number))?.rows;
    const changed = rows instanceof Map ? rows : new Map();
    changed.delete(session);
    if (header !== null) changed.set(session, header);
    await shelves.put({ number, rows: changed });
  }
}

/**
 * The number of a session's shelf (FNV-1a).
 * @param {string} session
 */
function shelfOf(session) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < session.length; at++) hash = Math.imul(hash ^ session.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % SHELVES;
}

/**
 * @param {Database} database
 * @param {string} session
 * @param {number} after
 * @returns {Promise<[seq: number, text: string][]>}
 */
export async function recordsOf(database, session, after) {
  const range = IDBKeyRange.bound([session, after], [session, []], true);
  const stored = await everything(database, "records", range);
  return stored.map(({ seq, text }) => [seq, legible(text)]);
}

/**
 * @param {Database} database
 * @param {string} session
 * @returns {Promise<number>} The highest number of a record, 0 without records.
 */
export async function lastOf(database, session) {
  const cursor = await database.transaction("records").store.openKeyCursor(ofSession(session), "prev");
  return cursor ? cursor.key[1] : 0;
}

/**
 * @param {Database} database
 * @returns {Promise<[session: string, text: string][]>}
 */
export async function headersOf(database) {
  try {
    const shelves = await database.getAll("shelves");
    return shelves.flatMap(({ rows }) => [...rows].map(([session, text]) => [String(session), legible(text)]));
  } catch {
    const stored = await everything(database, "headers"); // a shelf is damaged
    return stored.map(({ id, text }) => [id, legible(text)]);
  }
}

/**
 * Every entry of a range. One that the browser cannot read loses only its text.
 * @param {Database} database
 * @param {"records" | "headers"} name Of the object store.
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
