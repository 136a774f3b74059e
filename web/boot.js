// Starts Pyodide and the runtime in it, stage by stage. Runs in a worker and under Node alike: whatever differs between
// them is the host's (see Host). Pyodide mostly hangs or goes on where it should fail, so every stage is watched.

import { AssetFault } from "./lib/assets.js";
import { Stages } from "./lib/stages.js";

/**
 * @typedef {{depends: string[], file_name: string, name: string}} LockedPackage
 *
 * @typedef {object} Network Watches what Pyodide fetches.
 * @property {Promise<never>} failed Rejects when a file can not be used.
 * @property {() => void} stop
 *
 * @typedef {object} Host What a browser's worker adds; under Node, Pyodide reads files and needs none of it.
 * @property {() => void} [check] Throws `AssetFault` where Python can not run at all.
 * @property {(url: string) => Promise<string>} [readText]
 * @property {(onBytes: (done: number, total: number | undefined) => void) => Network} [watchNetwork]
 * @property {(url: string) => Promise<AssetFault | null>} [findFault] Why a script did not load.
 */

const PACKAGE = "sparewheel";

/**
 * Start Python and load the runtime.
 * @param {string} indexURL The folder with Pyodide, the lock file and the wheels; ends in a slash.
 * @param {(progress: import("./sparewheel.js").Progress) => void} onProgress
 * @param {Host} [host]
 * @returns {Promise<(send: (text: string) => void) => (text: string) => void>} Connects the runtime: `send` gets what
 *   Python has to say, what comes back takes commands; both as JSON text. Rejects with `BootError`.
 */
export async function boot(indexURL, onProgress, host = {}) {
  const stages = new Stages(onProgress);
  const lock = await stages.run("check", async () => {
    host.check?.();
    return host.readText && readLock(`${indexURL}pyodide-lock.json`, host.readText);
  });
  const network = host.watchNetwork?.((done, total) => stages.progress(done, total)) ?? { failed: never, stop() {} };
  network.failed.catch(() => {}); // it may fail when no stage is listening any more
  try {
    const python = await stages.run("pyodide", () => Promise.race([loadPython(indexURL, lock, host), network.failed]));
    await stages.run("packages", () => Promise.race([loadPackages(python, indexURL), network.failed]));
    network.stop();
    const runtime = await stages.run("runtime", async () => importRuntime(python));
    return (send) => connect(runtime, send);
  } finally {
    network.stop();
  }
}

/** @type {Promise<never>} */
const never = new Promise(() => {});

/**
 * @param {string} url
 * @param {(url: string) => Promise<string>} readText
 * @returns {Promise<object>}
 */
async function readLock(url, readText) {
  const text = await readText(url);
  try {
    return JSON.parse(text);
  } catch {
    throw new AssetFault(
      `${url} is not JSON`,
      "The host probably answers with a page because the file is missing: put the whole of dist/ there.",
    );
  }
}

/**
 * @param {string} indexURL
 * @param {object | undefined} lockFileContents Read by Pyodide itself if it is not given.
 * @param {Host} host
 * @returns {Promise<any>} Pyodide.
 */
async function loadPython(indexURL, lockFileContents, host) {
  try {
    const { loadPyodide } = await import(`${indexURL}pyodide.mjs`);
    const folder = folderOf(indexURL);
    // The base is named, because under Node a wheel that is missing would else be taken from a CDN.
    const options = { indexURL: folder, packageBaseUrl: folder, lockFileContents, stdout: log, stderr: log };
    const python = await loadPyodide(options);
    python._api.on_fatal = crash;
    return python;
  } catch (thrown) {
    for (const script of ["pyodide.mjs", "pyodide.asm.mjs"]) {
      const fault = await host.findFault?.(indexURL + script);
      if (fault) throw fault;
    }
    throw thrown;
  }
}

/**
 * Under Node, Pyodide wants a path where browsers want a URL.
 * @param {string} indexURL
 */
function folderOf(indexURL) {
  const { protocol, pathname } = new URL(indexURL);
  // A drive letter of Windows comes after a slash.
  return protocol === "file:" ? decodeURIComponent(pathname).replace(/^\/(?=[a-z]:)/i, "") : indexURL;
}

/** What Python prints is for who debugs. */
const log = (/** @type {string} */ text) => console.debug(text);

/**
 * Python is beyond help: end the thread as an uncaught exception does, so that whoever started it learns of it.
 * @param {unknown} error
 */
function crash(error) {
  setTimeout(() => {
    throw error;
  });
}

/**
 * @param {any} python
 * @param {string} indexURL
 */
async function loadPackages(python, indexURL) {
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
function withDependencies(packages) {
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

/** @param {any} python */
function importRuntime(python) {
  try {
    return python.pyimport("sparewheel.worker");
  } catch (thrown) {
    const traceback = String(thrown);
    log(traceback);
    throw new Error(traceback.trimEnd().split("\n").at(-1)); // its last line is the exception
  }
}

/**
 * @param {any} runtime The Python module.
 * @param {(text: string) => void} send
 * @returns {(text: string) => void}
 */
function connect(runtime, send) {
  try {
    // What is returned, and `send` on the other side, are the only proxies that live on.
    return runtime.start(send);
  } finally {
    runtime.destroy();
  }
}
