// The fast start: Python from a snapshot of its memory. If anything fails here, this thread cannot be used any more;
// the page starts another one without the snapshot.

import { unpack } from "./container.js";
import { call, fetchLateFiles } from "./late.js";
import { armRestore } from "./memory.js";
import { folderOf, log, withDependencies } from "./pyodide.js";
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
  const coreURL = indexURL + core;
  const scripts = ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => import(coreURL + name));
  network.prefetchModule(`${coreURL}pyodide.asm.wasm`, { packed: true });
  network.answer(`${coreURL}python_stdlib.zip`, new Response("")); // comes later, see late.js
  const sideModules = snapshot.sideModules.map(({ path, file }) => ({ path, module: network.compile(indexURL + file) }));
  /** @type {Promise<import("../assets/download.js").Download> | null} */
  let download = network.bytes({ ...snapshot, url: indexURL + snapshot.file });
  /** @type {Promise<void> | undefined} */
  let verified;
  // Each is waited for below; if one fails before that, it is not lost.
  for (const begun of [...scripts, ...sideModules.map(({ module }) => module), download]) begun.catch(() => {});
  const createPyodideModule = async (/** @type {any} */ settings) => {
    const { default: create } = await scripts[1];
    const { module, places } = await createModule(create, settings, sideModules, snapshot.tableStart);
    const file = await /** @type {NonNullable<typeof download>} */ (download);
    download = null; // Pyodide keeps this function
    verified = file.verified;
    const { head, data } = unpack(file.bytes);
    armRestore(module, places, head, data);
    return module;
  };
  const { loadPyodide } = await scripts[0];
  const python = await loadPyodide({
    indexURL: folderOf(coreURL),
    packageBaseUrl: folderOf(indexURL),
    lockFileContents: lock,
    stdout: log,
    stderr: log,
    _loadSnapshot: PLACEHOLDER,
    createPyodideModule,
  }).catch(async (/** @type {unknown} */ thrown) => {
    await verified; // what damage has led to says less than that there is damage
    throw thrown;
  });
  await verified;
  for (const { name } of withDependencies(lock.packages)) python.loadedPackages[name] = "default channel";
  call(python, "resume", () => fetchLateFiles(python, indexURL, lock, network));
  return python;
}
