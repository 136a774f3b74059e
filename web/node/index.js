// The embed API under Node, Deno and Bun: the same as in a browser, with a thread in place of the worker, and files in place
// of requests. To import it has no effect.

import * as shim from "../sparewheel.js";
import { threadWorker } from "./thread-worker.js";

export * from "../sparewheel.js";

const HERE = import.meta.url;

/** @type {typeof shim.createRuntime} */
export async function createRuntime(options = {}) {
  if (Object(options) !== options) return shim.createRuntime(options); // which refuses it
  const { assetBase, workerUrl, createWorker } = options;
  const own = HERE.slice(0, HERE.lastIndexOf("/node/") + 1);
  const base = String(assetBase ?? own);
  return shim.createRuntime({
    ...options,
    assetBase: assetBase ?? own,
    workerUrl: workerUrl ?? new URL("node/thread.js", new URL(base.endsWith("/") ? base : `${base}/`, HERE)),
    createWorker: createWorker ?? threadWorker,
    [Symbol.for("sparewheel.code.place")]: () => import("./code/place.js"),
  });
}
