// One runtime for all elements with the same files and the same store.

import { createRuntime } from "../sparewheel.js";

/**
 * @typedef {import("../sparewheel.js").Runtime} Runtime
 * @typedef {import("../sparewheel.js").Progress} Progress
 *
 * @typedef {object} Shared
 * @property {Promise<Runtime>} runtime
 * @property {Set<(progress: Progress) => void>} users The elements that use it, by what they do with its progress.
 */

/** @type {Map<string, Shared>} */
const runtimes = new Map();

/**
 * @param {{assetBase: string | null, store: string | null}} options
 * @param {(progress: Progress) => void} onProgress
 * @returns {{runtime: Promise<Runtime>, release: () => void}} The runtime ends when all have released it.
 */
export function shareRuntime({ assetBase, store }, onProgress) {
  const key = JSON.stringify([assetBase && new URL(assetBase, document.baseURI).href, store]);
  const shared = runtimes.get(key) ?? begin(key, assetBase, store);
  shared.users.add(onProgress);
  const release = () => {
    if (!shared.users.delete(onProgress) || shared.users.size) return;
    if (runtimes.get(key) === shared) runtimes.delete(key);
    shared.runtime.then((runtime) => runtime.dispose()).catch(() => {});
  };
  return { runtime: shared.runtime, release };
}

/**
 * @param {string} key
 * @param {string | null} assetBase
 * @param {string | null} store
 */
function begin(key, assetBase, store) {
  /** @type {Shared["users"]} */
  const users = new Set();
  const runtime = createRuntime({
    ...(assetBase !== null && { assetBase: new URL(assetBase, document.baseURI) }),
    ...(store !== null && { store: store === "indexeddb" || store === "memory" ? store : { name: store } }),
    onProgress: (progress) => users.forEach((use) => use(progress)),
  });
  const shared = { runtime, users };
  runtimes.set(key, shared);
  const forget = () => void (runtimes.get(key) === shared && runtimes.delete(key));
  runtime.then(({ closed }) => closed).then(forget, forget);
  return shared;
}
