// The fast start: Python from a snapshot of its memory. If anything fails here, this thread cannot be used any more;
// the page starts another one without the snapshot.

import { unpack } from "./container.js";
import { call, fetchLateFiles } from "./late.js";
import { armRestore } from "./memory.js";
import { fileOf, folderOf, log, SCRIPTS, withDependencies } from "./pyodide.js";
import { createModule } from "./side-modules.js";

/** What loadPyodide takes for a snapshot; it only makes it wait for one. */
const PLACEHOLDER = new Uint8Array(16);

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
  /** @type {Promise<Uint8Array> | null} */
  let memory = network.bytes({ ...snapshot, url: indexURL + snapshot.file });
  // Each is waited for below; if one fails before that, it is not lost.
  for (const begun of [program, ...scripts, ...sideModules.map(({ module }) => module), memory]) begun.catch(() => {});
  const createPyodideModule = async (/** @type {any} */ settings) => {
    const [{ default: create }] = await Promise.all([scripts[1], program]);
    const { module, places } = await createModule(create, settings, sideModules, snapshot.tableStart);
    const { head, data } = unpack(await /** @type {NonNullable<typeof memory>} */ (memory));
    memory = null; // Pyodide keeps this function
    armRestore(module, places, head, data);
    return module;
  };
  const { loadPyodide } = await scripts[0];
  const python = await loadPyodide({
    indexURL: folderOf(indexURL + core),
    packageBaseUrl: folderOf(indexURL),
    lockFileContents: lock,
    stdout: log,
    stderr: log,
    _loadSnapshot: PLACEHOLDER,
    createPyodideModule,
  });
  for (const { name } of withDependencies(lock.packages)) python.loadedPackages[name] = "default channel";
  call(python, "resume", () => fetchLateFiles(python, indexURL, lock, network));
  return python;
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
