// Makes the worker: from its snapshot, and without it if that fails.

import { findFault } from "./faults.js";
import { BUILD } from "../boot/build.js";
import { aborted, bootFailed, messageOf, SparewheelError } from "../client/errors.js";

/**
 * @typedef {object} Launch
 * @property {URL} workerUrl
 * @property {string} indexURL The folder with Pyodide and the wheels.
 * @property {boolean | undefined} snapshot false: do not start from a snapshot.
 * @property {(url: URL) => Worker | Promise<Worker>} createWorker
 * @property {(progress: import("../sparewheel.js").Progress) => void} onProgress
 * @property {AbortSignal | undefined} signal
 *
 * @typedef {import("../sparewheel.d.ts").Runtime["boot"]} Boot
 */

// For a worker that sends nothing at all: longer than the worker's own limits, whose errors are more exact.
const SILENCE_MS = 90_000;
const SNAPSHOT_SILENCE_MS = 40_000;

const NO_SNAPSHOT = "pyodide-lock.json names no snapshot";

const WORKER_HINT =
  "Check that worker-src of the Content-Security-Policy allows it. If the assets come from another origin, it has to allow " +
  "that origin and blob:, and their host has to allow this page by CORS. On a page with Cross-Origin-Embedder-Policy, worker.js " +
  "needs that header, too.";

/**
 * Start a worker and wait until Python is ready in it. If it fails once it has begun with a snapshot, it is ended, and
 * another one starts without; `onProgress` and the console get the reason.
 * @param {Launch} launch
 * @returns {Promise<{worker: Worker, boot: Boot}>} Rejects with `SparewheelError` of kind "boot_failed" or "aborted"; then no
 *   worker is left.
 */
export async function launchWorker(launch) {
  const began = performance.now();
  const booted = (/** @type {string | null} */ reason) => ({
    mode: /** @type {Boot["mode"]} */ (reason === null ? "snapshot" : "plain"),
    reason,
    ms: Math.round(performance.now() - began),
  });
  let restoring = false;
  const onProgress = (/** @type {import("../sparewheel.js").Progress} */ progress) => {
    restoring ||= progress.stage === "snapshot";
    launch.onProgress(progress);
  };
  const onFinal = () => (restoring = false);
  try {
    const worker = await startWorker({ ...launch, onProgress, onFinal });
    return { worker, boot: booted(restoring ? null : launch.snapshot === false ? "snapshot: false" : NO_SNAPSHOT) };
  } catch (error) {
    if (!restoring || !(error instanceof SparewheelError) || error.kind !== "boot_failed") throw error;
    const message = `The snapshot can not be used (${error.message}): starting without it`;
    console.warn(`sparewheel: ${message}`); // this start takes several times as long
    launch.onProgress({ type: "progress", stage: "snapshot", message, ms: Math.round(performance.now() - began) });
    const worker = await startWorker({ ...launch, snapshot: false, onFinal });
    return { worker, boot: booted(error.message) };
  }
}

/**
 * @param {Launch & {onFinal: () => void}} launch `onFinal`: called before it rejects, if another way to start would fail too.
 * @returns {Promise<Worker>}
 */
async function startWorker({ workerUrl, indexURL, snapshot, createWorker, onProgress, onFinal, signal }) {
  if (signal?.aborted) throw aborted("starting the runtime");
  /** @type {Worker} */
  let worker;
  try {
    worker = await createWorker(workerUrl);
  } catch (thrown) {
    const { hint = WORKER_HINT } = /** @type {{hint?: string}} */ (Object(thrown));
    throw bootFailed("worker", `no worker could be made: ${messageOf(thrown)}`, hint);
  }
  const listening = new AbortController();
  try {
    await new Promise((resolve, reject) => {
      listen(worker, listening.signal, { workerUrl, onProgress, onFinal, resolve, reject });
      if (signal?.aborted) reject(aborted("starting the runtime"));
      signal?.addEventListener("abort", () => reject(aborted("starting the runtime")), { signal: listening.signal });
      /** @type {import("../protocol.js").Boot} */
      const message = { type: "boot", indexURL, build: BUILD, ...(snapshot === false && { snapshot }) };
      worker.postMessage(message);
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
 * @param {AbortSignal} signal Aborted when starting has succeeded or failed.
 * @param {Pick<Launch, "workerUrl" | "onProgress"> & {onFinal: () => void, resolve: (value: unknown) => void,
 *   reject: (error: Error) => void}} context
 */
function listen(worker, signal, { workerUrl, onProgress, onFinal, resolve, reject }) {
  /** @type {import("../sparewheel.js").Stage} */
  let stage = "worker";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = () => {
    const limit = stage === "snapshot" ? SNAPSHOT_SILENCE_MS : SILENCE_MS;
    const giveUp = () =>
      reject(bootFailed(stage, `the worker has been silent for ${limit / 1000} s`, "Reload the page to try again."));
    clearTimeout(timer);
    timer = setTimeout(giveUp, limit);
  };
  wait();
  signal.addEventListener("abort", () => clearTimeout(timer));
  const receive = (/** @type {import("../protocol.js").BootMessage} */ data) => {
    if (data.type === "progress") {
      stage = data.stage;
      onProgress(data);
    } else if (data.type === "ready") resolve(undefined);
    else if (data.type === "boot_failed") {
      if (data.final) onFinal();
      reject(bootFailed(data.stage, data.reason, data.hint));
    }
    if (!signal.aborted) wait();
  };
  worker.addEventListener("message", ({ data }) => receive(data), { signal });
  const fail = async (/** @type {string | undefined} */ message) => {
    // An event without a message is not an exception: the script, or one that it imports, did not load.
    const fault = message ? null : await findFault(workerUrl.href);
    const reason = fault?.message ?? message ?? `${workerUrl.href}, or a file that it imports, did not load`;
    reject(bootFailed(stage, reason, fault?.hint ?? `Put the whole of dist/ there. ${WORKER_HINT}`));
  };
  worker.addEventListener("error", ({ message }) => fail(message), { signal });
  worker.addEventListener("messageerror", () => fail("the worker sent something unreadable"), { signal });
}
