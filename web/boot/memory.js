// Puts a snapshot into the memory of a process that has just been made.

import { SnapshotFault } from "./container.js";

/** @typedef {import("./container.js").Head} Head */

/**
 * Make `module` restore the snapshot when Pyodide starts Python in it.
 * @param {any} module Emscripten's module.
 * @param {import("./container.js").Place[]} places Where its side modules lie.
 * @param {Head} head
 * @param {Uint8Array} data
 */
export function armRestore(module, places, head, data) {
  compare("Pyodide", module.API.config.BUILD_ID, head.buildId);
  compare("table", module.wasmTable.length, head.tableLength);
  for (const { handles: _, ...place } of head.sideModules) {
    compare(place.path, JSON.stringify(places.find(({ path }) => path === place.path)), JSON.stringify(place));
  }
  if (module.HEAPU8.length < head.heap && !module.growMemory(head.heap)) throw new SnapshotFault("not enough memory");
  module.API.restoreSnapshot = () => {
    delete module.API.restoreSnapshot; // it holds the bytes
    // How Python calls its C functions differs by engine; this pointer says how.
    const trampoline = module.HEAP32[head.trampoline >> 2];
    fill(module.HEAPU8, head, data);
    module.HEAP32[head.trampoline >> 2] = trampoline;
    for (const { path, handles } of head.sideModules) {
      for (const handle of handles) module.LDSO.loadedLibsByHandle[handle] = module.LDSO.loadedLibsByName[path];
    }
    return head.objects;
  };
}

/**
 * @param {string} what
 * @param {unknown} found
 * @param {unknown} expected
 */
function compare(what, found, expected) {
  if (found !== expected) throw new SnapshotFault(`it was made for another ${what}: ${expected}, here it is ${found}`);
}

/**
 * @param {Uint8Array} memory
 * @param {Head} head
 * @param {Uint8Array} data
 */
export function fill(memory, { heap, zeroFrom, runs }, data) {
  let from = 0;
  let end = zeroFrom; // what is written down so far, from `zeroFrom` on
  for (const [address, length] of runs) {
    if (address > end) memory.fill(0, end, address);
    memory.set(data.subarray(from, from + length), address);
    from += length;
    end = Math.max(end, address + length);
  }
  memory.fill(0, end, Math.max(end, heap));
}
