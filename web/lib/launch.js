import { findFault } from "./assets.js";
import { aborted, bootFailed, messageOf } from "./errors.js";

/**
 * @typedef {object} Launch
 * @property {URL} workerUrl
 * @property {string} indexURL The folder with Pyodide and the wheels.
 * @property {(url: URL) => Worker | Promise<Worker>} createWorker
 * @property {(progress: import("../sparewheel.js").Progress) => void} onProgress
 * @property {AbortSignal | undefined} signal
 */

// Longer than the worker's own limit, which knows better what it waits for. This one is for a worker that is mute.
const SILENCE_MS = 90_000;

const WORKER_HINT =
  "Check that worker-src of the Content-Security-Policy allows it. A worker script must come from the page's own " +
  "origin: if the assets are elsewhere, pass createWorker.";

/**
 * Start a worker and wait until Python is ready in it.
 * @param {Launch} launch
 * @returns {Promise<Worker>} Rejects with `SparewheelError` of kind "boot_failed" or "aborted"; then no worker is left.
 */
export async function launchWorker({ workerUrl, indexURL, createWorker, onProgress, signal }) {
  if (signal?.aborted) throw aborted("starting the runtime");
  /** @type {Worker} */
  let worker;
  try {
    worker = await createWorker(workerUrl);
  } catch (thrown) {
    throw bootFailed("worker", `no worker could be made: ${messageOf(thrown)}`, WORKER_HINT);
  }
  const listening = new AbortController();
  try {
    await new Promise((resolve, reject) => {
      listen(worker, listening.signal, { workerUrl, onProgress, resolve, reject });
      if (signal?.aborted) reject(aborted("starting the runtime"));
      signal?.addEventListener("abort", () => reject(aborted("starting the runtime")), { signal: listening.signal });
      worker.postMessage({ type: "boot", indexURL });
    });
    return worker;
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    listening.abort();
  }
}

/**
 * @param {Worker} worker
 * @param {AbortSignal} signal Aborted when starting is over, one way or the other.
 * @param {Pick<Launch, "workerUrl" | "onProgress"> & {resolve: (value: unknown) => void, reject: (error: Error) => void}} context
 */
function listen(worker, signal, { workerUrl, onProgress, resolve, reject }) {
  /** @type {import("../sparewheel.js").Stage} */
  let stage = "worker";
  const mute = () =>
    reject(bootFailed(stage, `the worker has been silent for ${SILENCE_MS / 1000} s`, "Reload the page to try again."));
  let timer = setTimeout(mute, SILENCE_MS);
  signal.addEventListener("abort", () => clearTimeout(timer));
  const hear = (/** @type {any} */ data) => {
    clearTimeout(timer);
    timer = setTimeout(mute, SILENCE_MS);
    if (data.type === "progress") {
      stage = data.stage;
      onProgress(data);
    } else if (data.type === "ready") resolve(undefined);
    else if (data.type === "boot_failed") reject(bootFailed(data.stage, data.reason, data.hint));
  };
  worker.addEventListener("message", ({ data }) => hear(data), { signal });
  const fail = async (/** @type {string | undefined} */ message) => {
    // Without a message, it was not an exception: the script, or one that it imports, did not load.
    const fault = message ? null : await findFault(workerUrl.href);
    const reason = fault?.message ?? message ?? `${workerUrl.href}, or a file that it imports, did not load`;
    reject(bootFailed(stage, reason, fault?.hint ?? `Put the whole of dist/ there. ${WORKER_HINT}`));
  };
  worker.addEventListener("error", ({ message }) => fail(message), { signal });
  worker.addEventListener("messageerror", () => fail("the worker sent something unreadable"), { signal });
}
