// The plain start: loadPyodide, then the packages. Pyodide often hangs or goes on where it should fail. Failures that
// Pyodide shows are checked here; the others are found by watching the network and the time (see Host).

import { AssetFault } from "../assets/faults.js";

/**
 * @typedef {import("../assets/download.js").File} File
 * @typedef {{depends: string[], file_name: string, name: string, sha256: string}} LockedPackage
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
 * @property {{sparewheel: {core: string, site: string, sandbox: string, files: Record<string, string>, snapshot: Snapshot}}}
 *   tool What we have added: the folder of Pyodide itself, our own files, and the SHA-256 in hex of each by its name. All
 *   names hold a hash of what they name.
 */

const PACKAGE = "sparewheel";
export const SCRIPTS = ["pyodide.mjs", "pyodide.asm.mjs"];

/** What Python prints is for who debugs. */
export const log = (/** @type {string} */ text) => console.debug(text);

/**
 * @param {string} indexURL
 * @param {Lock} lock
 * @param {string} name Of a file that is not a package.
 * @returns {File} Throws `AssetFault` if the lock file has no hash of it.
 */
export function fileOf(indexURL, { tool }, name) {
  const sha256 = tool.sparewheel.files[name];
  if (!sha256)
    throw new AssetFault(`pyodide-lock.json has no sha256 of ${name}`, "Build dist/ anew, and deploy the whole of it.");
  return { url: indexURL + name, sha256 };
}

/**
 * @param {string} indexURL
 * @param {LockedPackage} entry
 * @returns {File}
 */
export function wheelOf(indexURL, { file_name, sha256 }) {
  return { url: indexURL + file_name, sha256 };
}

/**
 * @param {string} indexURL
 * @param {Lock} lock
 * @param {import("./boot.js").Network} network
 * @returns {{core: Promise<unknown>, packages: Promise<unknown>}} Resolve when the scripts and the standard library, and
 *   the packages, have been verified.
 */
export function prefetch(indexURL, lock, network) {
  const core = (/** @type {string} */ name) => fileOf(indexURL, lock, lock.tool.sparewheel.core + name);
  const program = network.prefetchModule(core("pyodide.asm.wasm"), { counted: true });
  const wheels = withDependencies(lock.packages).map((entry) => network.prefetch(wheelOf(indexURL, entry)));
  const begun = {
    core: Promise.all([
      program,
      ...SCRIPTS.map((name) => network.script(core(name))),
      network.prefetch(core("python_stdlib.zip")),
    ]),
    packages: Promise.all(wheels),
  };
  for (const each of Object.values(begun)) each.catch(() => {}); // each is waited for later
  return begun;
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
    for (const script of SCRIPTS) {
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
