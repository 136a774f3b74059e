// Starts Python and the runtime in it, stage by stage: from a snapshot of its memory where there is one, else plainly.
// Runs in a worker and under Node: what differs between them is in Host. Every stage has a time limit and is reported.

import { loadPackages, loadPython, log, prefetch, wheelOf } from "./pyodide.js";
import { restore } from "./restore.js";
import { AssetFault, DamagedFile } from "../assets/faults.js";
import { BootError, Stages } from "../assets/stages.js";

const RELOAD = "Reload the page. If that does not help, deploy the whole of dist/ at once, and let no cache keep an old file.";

/**
 * @typedef {import("../assets/download.js").File} File
 *
 * @typedef {object} Network Fetches our files, and watches what Pyodide fetches by itself. A file of which other bytes
 *   come than its `sha256` says is not handed out: what should hand it out rejects with `DamagedFile`.
 * @property {Promise<never>} failed Rejects when a file that Pyodide needs can not be used.
 * @property {() => void} stop Pyodide has what it needs.
 * @property {(file: File) => Promise<void>} prefetch Have a file ready for when Pyodide asks for it.
 * @property {(file: File, options?: {counted?: boolean}) => Promise<void>} prefetchModule The same for a WebAssembly
 *   module. Resolves when Pyodide may ask for it: where it reads the file itself, after that has been verified.
 *   `counted`: report its bytes.
 * @property {(file: File, options?: {copied?: boolean}) => Promise<string>} script Have a module ready to be imported, from
 *   the URL that this resolves with. That is its own, or with `copied` one of a verified copy (`blob:`), to be revoked.
 * @property {(url: string, response: Response) => void} answer What Pyodide is to get for a file instead.
 * @property {(file: File) => Promise<WebAssembly.Module>} compile
 * @property {(file: File & {size: number}) => Promise<Uint8Array>} bytes
 * @property {(url: string, again?: boolean) => Uint8Array} readNow A file, while nothing else happens, and not verified;
 *   `again`: not from a cache.
 *
 * @typedef {object} Host
 * @property {() => void} [check] Throws `AssetFault` where Python can not run at all.
 * @property {(url: string, cache?: RequestCache) => Promise<Uint8Array<ArrayBuffer>>} read
 * @property {(bytes: Uint8Array<ArrayBuffer>) => Promise<string>} sha256 In hex.
 * @property {(files: File[]) => Promise<void>} [verifyPackages] Where Pyodide itself does not verify what it loads later.
 * @property {(onBytes: (done: number, total: number | undefined) => void) => Network} watchNetwork
 * @property {(url: string) => Promise<AssetFault | null>} [findFault] Why a script did not load.
 */

/**
 * Start Python and load the runtime.
 * @param {string} indexURL The URL of the folder with pyodide-lock.json and what it names; ends in a slash.
 * @param {(progress: import("../sparewheel.js").Progress) => void} onProgress
 * @param {Host} host
 * @param {{lockSha256: string, snapshot?: boolean}} options `lockSha256`: of pyodide-lock.json, which has those of all
 *   other files. `snapshot: false` starts without one.
 * @returns {Promise<(send: (text: string) => void) => (text: string) => void>} Connects the runtime: `send` gets Python's
 *   messages, the function that comes back takes commands; both as JSON text. Rejects with `BootError`: if its stage is
 *   "snapshot", another try in another thread, with `snapshot: false`, may work.
 */
export async function boot(indexURL, onProgress, host, { lockSha256, snapshot = true }) {
  const stages = new Stages(onProgress);
  const known = { url: `${indexURL}pyodide-lock.json`, sha256: lockSha256 };
  const lock = await stages.run("check", async () => {
    host.check?.();
    const lock = await readLock(known, host);
    await host.verifyPackages?.(Object.values(lock.packages).map((entry) => wheelOf(indexURL, entry)));
    return lock;
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
  } catch (thrown) {
    throw (await replaced(known, host)) ?? thrown;
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
  const restoring = async () => {
    try {
      return await Promise.race([restore(indexURL, lock, network), network.failed]);
    } catch (thrown) {
      const isCore = thrown instanceof DamagedFile && thrown.url.startsWith(indexURL + lock.tool.sparewheel.core);
      // A plain start would meet the same damage.
      if (isCore) throw new BootError("pyodide", thrown.message, thrown.hint, true);
      throw thrown;
    }
  };
  return stages.run("snapshot", restoring);
}

/**
 * @param {Stages} stages
 * @param {Parts} parts
 */
async function startPlain(stages, { indexURL, lock, network, host }) {
  /** @type {Promise<unknown>} */
  let packages = Promise.resolve();
  const load = async () => {
    const begun = prefetch(indexURL, lock, network);
    packages = begun.packages;
    await begun.core;
    const complete = await packages.then(
      () => true,
      () => false,
    );
    return complete ? loadPython(indexURL, lock, host) : null; // no Python before every file has been verified
  };
  const python = await stages.run("pyodide", () => Promise.race([load(), network.failed]));
  await stages.run("packages", async () => {
    await packages;
    return Promise.race([loadPackages(python, indexURL), network.failed]);
  });
  return python;
}

/**
 * @param {File} known
 * @param {Host} host
 * @returns {Promise<import("./pyodide.js").Lock>}
 */
async function readLock({ url, sha256 }, host) {
  const isKnown = async (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => (await host.sha256(bytes)) === sha256;
  let bytes = await host.read(url);
  if (!(await isKnown(bytes))) {
    bytes = await host.read(url, "reload"); // a cache may have had it damaged
    if (!(await isKnown(bytes))) throw notTheLock(url, bytes);
  }
  return JSON.parse(text(bytes));
}

/** @param {Uint8Array} bytes */
const text = (bytes) => new TextDecoder().decode(bytes);

/**
 * @param {string} url
 * @param {Uint8Array} bytes
 */
function notTheLock(url, bytes) {
  try {
    JSON.parse(text(bytes));
  } catch {
    return new AssetFault(
      `${url} is not JSON`,
      "The host probably answers with a page because the file is missing: put the whole of dist/ there.",
    );
  }
  return new AssetFault(`${url} is of another build than the worker: its sha256 is another`, RELOAD);
}

/**
 * Why a start has failed, if it is this: another build has been deployed meanwhile.
 * @param {File} known
 * @param {Host} host
 * @returns {Promise<BootError | null>}
 */
async function replaced({ url, sha256 }, host) {
  try {
    const bytes = await host.read(url, "no-cache");
    JSON.parse(text(bytes));
    if ((await host.sha256(bytes)) === sha256) return null;
  } catch {
    return null; // that it can not be read says less than the first failure
  }
  return new BootError("check", "another build was deployed while this one was starting", RELOAD, true);
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
