// The plain start: loadPyodide, then the packages. Pyodide often hangs or goes on where it should fail. Failures that
// Pyodide shows are checked here; the others are found by watching the network and the time (see Host).

/**
 * @typedef {{depends: string[], file_name: string, name: string, sha256?: string}} LockedPackage
 *
 * @typedef {object} Snapshot
 * @property {string} file
 * @property {number} size Bytes, unpacked.
 * @property {string} sha256 Of the bytes, in hex.
 * @property {number} tableStart The slot of WebAssembly's table of functions at which the side modules start.
 * @property {{path: string, file: string}[]} sideModules
 *
 * @typedef {object} Lock pyodide-lock.json.
 * @property {Record<string, LockedPackage>} packages
 * @property {{sparewheel: {build: string, core: string, site: string, snapshot: Snapshot}}} tool What we have added:
 *   the folder of Pyodide itself and our own files. All names hold a hash of what they name.
 */

const PACKAGE = "sparewheel";

/** What Python prints is for who debugs. */
export const log = (/** @type {string} */ text) => console.debug(text);

/**
 * @param {string} indexURL
 * @param {Lock} lock
 * @param {import("./boot.js").Network} network
 */
export function prefetch(indexURL, lock, network) {
  const coreURL = indexURL + lock.tool.sparewheel.core;
  network.prefetchModule(`${coreURL}pyodide.asm.wasm`);
  network.prefetch(`${coreURL}python_stdlib.zip`);
  for (const { file_name, sha256 } of withDependencies(lock.packages)) network.prefetch(indexURL + file_name, sha256);
  import(`${coreURL}pyodide.asm.mjs`).catch(() => {}); // Pyodide imports it as well, and can say what is wrong
}

/**
 * @param {string} indexURL
 * @param {Lock} lock
 * @param {import("./boot.js").Host} host
 * @returns {Promise<any>} Pyodide.
 */
export async function loadPython(indexURL, lock, host) {
  const coreURL = indexURL + lock.tool.sparewheel.core;
  try {
    const { loadPyodide } = await import(`${coreURL}pyodide.mjs`);
    return await loadPyodide({
      indexURL: folderOf(coreURL),
      packageBaseUrl: folderOf(indexURL), // named, because under Node a wheel that is missing would else be taken from a CDN
      lockFileContents: lock,
      stdout: log,
      stderr: log,
    });
  } catch (thrown) {
    for (const script of ["pyodide.mjs", "pyodide.asm.mjs"]) {
      const fault = await host.findFault?.(coreURL + script);
      if (fault) throw fault;
    }
    throw thrown;
  }
}

/**
 * Under Node, Pyodide wants a path where browsers want a URL.
 * @param {string} url Of a folder.
 */
export function folderOf(url) {
  const { protocol, pathname } = new URL(url);
  // A drive letter of Windows comes after a slash.
  return protocol === "file:" ? decodeURIComponent(pathname).replace(/^\/(?=[a-z]:)/i, "") : url;
}

/**
 * @param {any} python
 * @param {string} indexURL
 */
export async function loadPackages(python, indexURL) {
  /** @type {string[]} */
  const complaints = [];
  const errorCallback = (/** @type {string} */ text) => complaints.push(text);
  await python.loadPackage([PACKAGE], { messageCallback: log, errorCallback });
  // A wheel that is missing or damaged does not make loadPackage reject.
  const missing = withDependencies(python.lockfile.packages).filter(({ name }) => !(name in python.loadedPackages));
  if (missing.length === 0) return;
  const list = missing.map(({ name, file_name }) => `${name} (${new URL(file_name, indexURL)})`).join(", ");
  throw new Error([`not loaded: ${list}`, ...complaints].join("; "));
}

/**
 * The runtime and all it needs.
 * @param {Record<string, LockedPackage>} packages
 */
export function withDependencies(packages) {
  const found = new Map();
  const visit = (/** @type {string} */ name) => {
    const key = name.toLowerCase().replace(/[-_.]+/g, "-");
    const entry = packages[key];
    if (!entry || found.has(key)) return;
    found.set(key, entry);
    entry.depends.forEach(visit);
  };
  visit(PACKAGE);
  return [...found.values()];
}
