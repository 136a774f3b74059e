// The files of the sandbox: those of a start, from where that had them, as Blobs. The page fetches them, for the sandbox
// can fetch nothing, and a Blob is given to every worker without being copied.

import { bytesIntact, encodes, fetchIntact, fetchPacked } from "../../assets/download.js";
import { LOCK_SHA256 } from "../../boot/build.js";
import { HEAD_AT } from "../../boot/container.js";
import { fileOf, SCRIPTS } from "../../boot/pyodide.js";
import { classicScript } from "./classic.js";

/**
 * @typedef {import("../../boot/pyodide.js").Lock} Lock
 *
 * @typedef {object} SandboxFiles
 * @property {import("../../sandbox/messages.js").Files} shared For every worker.
 * @property {Blob} program Pyodide's WebAssembly module.
 * @property {number} heap Bytes of memory that Python has after its start.
 */

/**
 * @param {string} indexURL The folder with pyodide-lock.json; ends in a slash.
 * @param {import("../../assets/download.js").Fetch} fetch
 * @returns {Promise<SandboxFiles>} Rejects with `AssetFault`.
 */
export async function loadFiles(indexURL, fetch) {
  const answer = await fetchIntact(fetch, { url: `${indexURL}pyodide-lock.json`, sha256: LOCK_SHA256 });
  const encoding = encodes(answer);
  /** @type {Lock} */
  const lock = await answer.json();
  const { core, site, sandbox, snapshot } = lock.tool.sparewheel;
  const small = async (/** @type {string} */ name) => fetchIntact(fetch, fileOf(indexURL, lock, name));
  const large = async (/** @type {string} */ name) => {
    const open = (/** @type {RequestInit} */ init) => fetchPacked(fetch, indexURL + name, init, encoding);
    return new Blob([await bytesIntact(fileOf(indexURL, lock, name), open)]);
  };
  const texts = Promise.all([...SCRIPTS.map((name) => core + name), sandbox].map(async (name) => (await small(name)).text()));
  const names = [`${core}python_stdlib.zip`, site, snapshot.file, ...snapshot.sideModules.map(({ file }) => file)];
  const blobs = names.map(async (name, index) => (index < 2 ? (await small(name)).blob() : large(name)));
  const [[loader, main, own], program, ...found] = await Promise.all([texts, large(`${core}pyodide.asm.wasm`), ...blobs]);
  const parts = Object.fromEntries(names.map((name, index) => [name, /** @type {Blob} */ (found[index])]));
  const blobOf = (/** @type {string} */ name) => /** @type {Blob} */ (parts[name]);
  const script = new Blob(classicScript(String(main), String(loader), String(own)), { type: "text/javascript" });
  const sideModules = snapshot.sideModules.map(({ path, file }) => ({ path, blob: blobOf(file) }));
  return { shared: { script, parts, sideModules, lock }, program, heap: await heapOf(blobOf(snapshot.file)) };
}

/**
 * What the head of a snapshot has as the size of the memory.
 * @param {Blob} snapshot
 * @returns {Promise<number>}
 */
async function heapOf(snapshot) {
  const start = new DataView(await snapshot.slice(0, HEAD_AT).arrayBuffer());
  const head = await snapshot.slice(HEAD_AT, HEAD_AT + start.getUint32(8, true)).text();
  return JSON.parse(head).heap;
}
