// Makes Python's WebAssembly module with side modules (the native parts of Python packages) in it from the start.
//
// A snapshot holds pointers into a side module: into its memory and into the table of functions. So it has to lie at the
// same addresses whenever the snapshot is made or restored. Loaded before the C runtime starts, its memory is taken from
// the end of the program's own data, always the same; the table is grown to a fixed length first, because the engines
// put different numbers of functions into it (runtime/bundle/function_table.py). Everything here that is not standard is Emscripten's
// (https://emscripten.org/docs/compiling/Dynamic-Linking.html) or Pyodide's, and private: hence the pinned version.

/**
 * @typedef {import("./container.js").Place} Place
 * @typedef {{path: string, module: Promise<WebAssembly.Module>}} SideModule `path` is the file's in Python's file system.
 * @typedef {any} Settings What Pyodide hands to Emscripten.
 */

/**
 * @param {(settings: Settings) => Promise<any>} create The default export of pyodide.asm.mjs.
 * @param {Settings} settings
 * @param {SideModule[]} sideModules
 * @param {number} tableStart Slots that the table gets before the first of them is loaded.
 * @returns {Promise<{module: any, places: Place[]}>} Emscripten's module and where the side modules lie.
 */
export async function createModule(create, settings, sideModules, tableStart) {
  /** @type {Place[]} */
  const places = [];
  /** @type {(reason: unknown) => void} */
  let fail = () => {};
  const failed = /** @type {Promise<never>} */ (new Promise((_, reject) => (fail = reject)));
  settings.preRun.push((/** @type {any} */ module) => {
    module.addRunDependency("side-modules");
    const loading = async () => {
      growTable(module.wasmTable, tableStart);
      for (const { path, module: compiled } of sideModules) places.push(load(module, path, await compiled));
      module.removeRunDependency("side-modules");
    };
    loading().catch(fail);
  });
  // A dependency that is never removed is waited for without an end.
  return { module: await Promise.race([create(settings), failed]), places };
}

/**
 * @param {WebAssembly.Table} table
 * @param {number} start
 */
function growTable(table, start) {
  if (table.length > start) throw new Error(`the table of functions has ${table.length} slots already, not ${start}`);
  table.grow(start - table.length);
}

/**
 * @param {any} module
 * @param {string} path
 * @param {WebAssembly.Module} compiled
 * @returns {Place}
 */
function load(module, path, compiled) {
  const tableBase = module.wasmTable.length;
  const heapBase = module.getMemory(0);
  const library = module.newDSO(path, undefined, "loading");
  library.refcount = Infinity;
  library.global = false;
  library.exports = module.loadWebAssemblyModule(compiled, { allowUndefined: false }, path, {});
  return { path, tableBase, tableEnd: module.wasmTable.length, heapBase, heapEnd: module.getMemory(0) };
}
