// Documents that the user has added, by conversation, in a database of the page's own. The runtime gets them as an option of the
// session, and keeps what takes long to make of them. Loaded late. No DOM here.

/**
 * @typedef {import("../sessions.js").Chat} Chat
 * @typedef {Map<string, Blob>} Documents By name.
 */

const DATABASE = "sparewheel-documents";
const STORE = "documents";

/**
 * @param {Chat} chat
 * @returns {Promise<Documents>} Those of a conversation, read once.
 */
export async function documentsOf(chat) {
  if (!chat.documents) {
    const found = chat.id === null ? new Map() : await stored(chat.id);
    chat.documents ??= found;
  }
  return chat.documents;
}

/**
 * @param {Chat} chat
 * @returns {Promise<Record<string, string | Uint8Array>>} Texts, and the bytes of everything else.
 */
export async function contentsOf(chat) {
  const entries = [...(await documentsOf(chat))].map(async ([name, file]) => [name, await contentOf(file)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** @param {Blob} file */
async function contentOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/**
 * @param {string} id
 * @param {Documents} documents None: what is kept of the conversation is deleted.
 */
export async function store(id, documents) {
  await act("readwrite", (all) => (documents.size ? all.put([...documents], id) : all.delete(id))).catch(() => {});
}

/**
 * @param {string} id
 * @returns {Promise<Documents>}
 */
async function stored(id) {
  const entries = await act("readonly", (all) => all.get(id)).catch(() => null);
  return new Map(
    Array.isArray(entries) ? entries.filter(([name, file]) => typeof name === "string" && file instanceof Blob) : [],
  );
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(all: IDBObjectStore) => IDBRequest} work
 * @returns {Promise<any>}
 */
async function act(mode, work) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = /** @type {IDBDatabase} */ (await settled(opening));
  try {
    return await settled(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close(); // after the transaction
  }
}

/** @param {IDBRequest} request */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
