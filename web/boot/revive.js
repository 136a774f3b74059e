// The part of the fast start that needs no network: Python from its scripts, its modules and the snapshot. Also of the
// code sandbox (web/sandbox), which has no network at all.

import { unpack } from "./container.js";
import { call, fetchLateFiles } from "./late.js";
import { armRestore } from "./memory.js";
import { log, withDependencies } from "./pyodide.js";
import { createModule } from "./side-modules.js";

/** What loadPyodide takes for a snapshot; it only makes it wait for one. */
const PLACEHOLDER = new Uint8Array(16);

/**
 * @param {(options: object) => Promise<any>} loadPyodide
 * @param {object} parts
 * @param {() => Promise<(settings: any) => Promise<any>>} parts.factory Resolves with the default export of pyodide.asm.mjs,
 *   when Pyodide may ask for its WebAssembly module.
 * @param {import("./side-modules.js").SideModule[]} parts.sideModules
 * @param {Promise<Uint8Array> | null} parts.memory The snapshot.
 * @param {import("./pyodide.js").Lock} parts.lock One that names a snapshot.
 * @param {string} parts.indexURL
 * @param {Pick<import("./boot.js").Network, "readNow">} parts.network
 * @param {{indexURL: string, packageBaseUrl: string}} folders As Pyodide wants them.
 * @returns {Promise<any>} Pyodide, as it was when the snapshot was made.
 */
export async function revive(loadPyodide, parts, folders) {
  const { factory, sideModules, lock, indexURL, network } = parts;
  const createPyodideModule = async (/** @type {any} */ settings) => {
    const { module, places } = await createModule(
      await factory(),
      settings,
      sideModules,
      lock.tool.sparewheel.snapshot.tableStart,
    );
    const { head, data } = unpack(await /** @type {Promise<Uint8Array>} */ (parts.memory));
    parts.memory = null; // Pyodide keeps this function
    armRestore(module, places, head, data);
    return module;
  };
  const python = await loadPyodide({
    ...folders,
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
