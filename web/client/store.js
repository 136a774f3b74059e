// Where a runtime keeps its sessions, and the sessions that are kept there.

import { isObject } from "./config-error.js";
import { lockName } from "./lock-name.js";

/**
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("../protocol.js").UseStore} UseStore
 * @typedef {NonNullable<import("../sparewheel.js").RuntimeOptions["store"]>} StoreOption
 */

/** Milliseconds in which the browser releases the locks of a worker that has ended: one in an endless loop takes seconds. */
const RELEASE_MS = 5000;

/**
 * @param {unknown} value
 * @returns {value is StoreOption}
 */
export function isStore(value) {
  if (value === "memory" || value === "indexeddb") return true;
  return isObject(value) && typeof value["name"] === "string" && Object.keys(value).length === 1;
}

/**
 * The command that makes a worker keep sessions in a store.
 * @param {StoreOption} store
 * @returns {UseStore & {name: string}}
 */
export function storeCommand(store) {
  if (store === "memory") return { kind: "memory", name: "" };
  return { kind: "indexeddb", name: store === "indexeddb" ? "sparewheel" : store.name };
}

/**
 * Keep the sessions in a store from now on, and let nothing wait to be written when the page may go away.
 * @param {Client} client
 * @param {UseStore} command
 */
export async function useStore(client, command) {
  client.onReplaced(() => client.requestNow("use_store", command));
  const ending = new AbortController();
  const { signal } = ending;
  client.closed.then(() => ending.abort());
  const flush = () => client.tell("flush", {});
  globalThis.addEventListener?.("pagehide", flush, { signal });
  globalThis.document?.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush(), { signal });
  await client.request("use_store", command);
}

/**
 * The name of the lock of the tab that drives a session. Unlike the worker's it lasts while a worker is replaced.
 * @param {string} database
 * @param {string} session
 */
const tabLock = (database, session) => `sparewheel-tab ${database} ${session}`;

/**
 * Show other tabs that this one has a session to drive.
 * @param {string} database
 * @param {string} session
 * @param {AbortSignal} signal Ends it.
 */
export function holdSession(database, session, signal) {
  const { locks } = globalThis.navigator ?? {};
  if (!locks || database === "" || signal.aborted) return;
  const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
  locks.request(tabLock(database, session), { signal }, () => ended).catch(() => {});
}

/**
 * Wait until no tab drives a session. Waiting for it as a reader does not ask the driver to hand it over.
 * @param {string} database
 * @param {string} session
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} False if that cannot be told, or `signal` has aborted.
 */
export async function untilFree(database, session, signal) {
  const { locks } = globalThis.navigator ?? {};
  if (!locks || database === "") return false;
  /** @type {LockOptions} */
  const shared = { mode: "shared", signal };
  try {
    for (;;) {
      await locks.request(tabLock(database, session), shared, () => {});
      await locks.request(lockName(database, session), shared, () => {});
      const now = { mode: /** @type {const} */ ("shared"), ifAvailable: true };
      if (await locks.request(tabLock(database, session), now, (lock) => lock !== null)) return true; // else a third tab has it
    }
  } catch {
    return false;
  }
}

/**
 * Wait until no other worker holds the lock of a session, or until it is clear that one will keep it.
 * @param {string} database
 * @param {string} session
 */
export async function released(database, session) {
  const options = { signal: AbortSignal.timeout(RELEASE_MS) };
  await globalThis.navigator?.locks?.request(lockName(database, session), options, () => {}).catch(() => {});
}
