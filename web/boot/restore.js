// The fast start: Python from a snapshot of its memory. If anything fails here, this thread cannot be used any more;
// the page starts another one without the snapshot.

import { fileOf, folderOf, SCRIPTS } from "./pyodide.js";
import { revive } from "./revive.js";

/**
 * @param {string} indexURL
 * @param {import("./pyodide.js").Lock} lock One that names a snapshot.
 * @param {import("./boot.js").Network} network
 * @returns {Promise<any>} Pyodide, as it was when the snapshot was made.
 */
export async function restore(indexURL, lock, network) {
  const { core, snapshot } = lock.tool.sparewheel;
  const file = (/** @type {string} */ name) => fileOf(indexURL, lock, name);
  const scripts = SCRIPTS.map((name) => importIntact(file(core + name), network));
  const program = network.prefetchModule(file(`${core}pyodide.asm.wasm`));
  network.answer(`${indexURL + core}python_stdlib.zip`, new Response("")); // comes later, see late.js
  const sideModules = snapshot.sideModules.map(({ path, file: name }) => ({ path, module: network.compile(file(name)) }));
  const memory = network.bytes({ ...snapshot, url: indexURL + snapshot.file });
  // Each is waited for below; if one fails before that, it is not lost.
  for (const begun of [program, ...scripts, ...sideModules.map(({ module }) => module), memory]) begun.catch(() => {});
  const factory = async () => {
    const [{ default: create }] = await Promise.all([scripts[1], program]);
    return create;
  };
  const { loadPyodide } = await scripts[0];
  const folders = { indexURL: folderOf(indexURL + core), packageBaseUrl: folderOf(indexURL) };
  return revive(loadPyodide, { factory, sideModules, memory, lock, indexURL, network }, folders);
}

/**
 * @param {import("../assets/download.js").File} file
 * @param {import("./boot.js").Network} network
 */
async function importIntact(file, network) {
  const url = await network.script(file, { copied: true });
  if (url === file.url) return import(url);
  try {
    return await import(url);
  } catch {
    return import(file.url); // a policy of the page may forbid the other one
  } finally {
    URL.revokeObjectURL(url);
  }
}
