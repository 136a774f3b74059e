// Starts Python and the runtime in it, stage by stage: from a snapshot of its memory where there is one, else plainly.
// Runs in a worker and under Node: what differs between them is in Host. Every stage has a time limit and is reported.

import { loadPackages, loadPython, log, prefetch } from "./pyodide.js";
import { restore } from "./restore.js";
import { AssetFault } from "../assets/faults.js";
import { Stages } from "../assets/stages.js";

/**
 * @typedef {object} Network Fetches our files, and watches what Pyodide fetches by itself.
 * @property {Promise<never>} failed Rejects when a file that Pyodide needs can not be used.
 * @property {() => void} stop Pyodide has what it needs.
 * @property {(url: string, sha256?: string) => void} prefetch Have a file ready for when Pyodide asks for it.
 * @property {(url: string, options?: {packed?: boolean}) => void} prefetchModule The same for a WebAssembly module.
 * @property {(url: string, response: Response) => void} answer What Pyodide is to get for a file instead.
 * @property {(url: string) => Promise<WebAssembly.Module>} compile
 * @property {(file: {url: string, size: number, sha256: string}) => Promise<import("../assets/download.js").Download>} bytes
 * @property {(url: string) => Uint8Array} readNow A file, while nothing else happens.
 *
 * Where `packed` is set, there is a second file that is the first one compressed by gzip, with ".gz" after its name.
 *
 * @typedef {object} Host
 * @property {() => void} [check] Throws `AssetFault` where Python can not run at all.
 * @property {(url: string) => Promise<string>} readText
 * @property {(onBytes: (done: number, total: number | undefined) => void) => Network} watchNetwork
 * @property {(url: string) => Promise<AssetFault | null>} [findFault] Why a script did not load.
 */

/**
 * Start Python and load the runtime.
 * @param {string} indexURL The URL of the folder with pyodide-lock.json and what it names; ends in a slash.
 * @param {(progress: import("../sparewheel.js").Progress) => void} onProgress
 * @param {Host} host
 * @param {{snapshot?: boolean}} [options] `snapshot: false` starts without one.
 * @returns {Promise<(send: (text: string) => void) => (text: string) => void>} Connects the runtime: `send` gets what
 *   Python has to say, what comes back takes commands; both as JSON text. Rejects with `BootError`: if its stage is
 *   "snapshot", another try in another thread, with `snapshot: false`, may work.
 */
export async function boot(indexURL, onProgress, host, { snapshot = true } = {}) {
  const stages = new Stages(onProgress);
  const lock = await stages.run("check", async () => {
    host.check?.();
    return readLock(`${indexURL}pyodide-lock.json`, host.readText);
  });
  const network = host.watchNetwork((done, total) => stages.progress(done, total));
  network.failed.catch(() => {}); // it may fail when no stage is listening any more
  const fast = snapshot && lock.tool.sparewheel.snapshot !== undefined;
  const start = fast ? startFast : startPlain;
  try {
    const python = await start(stages, { indexURL, lock, network, host });
    python._api.on_fatal = crash;
    const runtime = await stages.run("runtime", async () => importRuntime(python));
    return (send) => connect(runtime, send);
  } finally {
    network.stop();
  }
}

/** @typedef {{indexURL: string, lock: import("./pyodide.js").Lock, network: Network, host: Host}} Parts */

/**
 * @param {Stages} stages
 * @param {Parts} parts
 */
async function startFast(stages, { indexURL, lock, network }) {
  return stages.run("snapshot", () => Promise.race([restore(indexURL, lock, network), network.failed]));
}

/**
 * @param {Stages} stages
 * @param {Parts} parts
 */
async function startPlain(stages, { indexURL, lock, network, host }) {
  const python = await stages.run("pyodide", () => {
    prefetch(indexURL, lock, network);
    return Promise.race([loadPython(indexURL, lock, host), network.failed]);
  });
  await stages.run("packages", () => Promise.race([loadPackages(python, indexURL), network.failed]));
  return python;
}

/**
 * @param {string} url
 * @param {(url: string) => Promise<string>} readText
 * @returns {Promise<import("./pyodide.js").Lock>}
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
 * Python cannot go on: end the thread as an uncaught exception does, so that the page that started it is notified.
 * @param {unknown} error
 */
function crash(error) {
  setTimeout(() => {
    throw error;
  });
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
