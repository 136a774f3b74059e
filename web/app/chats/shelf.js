// The digests in IndexedDB, in a database of the page's own. Where that fails they live as long as the page.

import { openDB } from "idb";

/** @typedef {import("./digests.js").Digest} Digest */

const STORE = "digests";

/** @returns {import("./digests.js").Shelf} */
export function openShelf(name = "sparewheel-page") {
  const open = async () =>
    openDB(name, 1, {
      upgrade: (database) => void database.createObjectStore(STORE, { keyPath: "id" }),
      blocking: (_from, _to, event) => /** @type {IDBDatabase} */ (event.target).close(), // a newer version of the page
    });
  const opening = open();
  const use = (/** @type {(database: import("idb").IDBPDatabase) => Promise<unknown>} */ work) =>
    opening.then(work).catch(() => null);
  void use(async () => {}); // that it cannot be opened is no error
  return {
    all: async () => {
      const stored = await use((database) => database.getAll(STORE));
      return Array.isArray(stored) ? stored.filter(isDigest) : [];
    },
    put: ({ id, updated, models, text }) => void use((database) => database.put(STORE, { id, updated, models, text })),
    remove: (ids) => {
      void use(async (database) => {
        const { store, done } = database.transaction(STORE, "readwrite");
        await Promise.all([...ids.map((id) => store.delete(id)), done]);
      });
    },
  };
}

/**
 * @param {any} value
 * @returns {value is Digest}
 */
function isDigest(value) {
  const { id, updated, text, models } = Object(value);
  const texts = Array.isArray(models) ? [id, updated, text, ...models] : [null];
  return texts.every((each) => typeof each === "string");
}
