// The frame: makes the workers in which a model's code runs, and ends them. No code runs on its own thread, which a policy
// confines less well than a worker: code and results go through a port that it passes on and does not read. It listens
// to no worker, except to learn that one has failed.

import { BUILD } from "../boot/build.js";
import { startTimers } from "./timers.js";
import { isConfined } from "./policy.js";

/**
 * @typedef {import("./messages.js").Files} Files
 * @typedef {import("./messages.js").Start} Start
 * @typedef {import("./messages.js").ToFrame} ToFrame
 * @typedef {import("./messages.js").FromFrame} FromFrame
 * @typedef {import("./messages.js").ToWorker} ToWorker
 */

/** @type {Map<number, Worker>} */
const workers = new Map();
/** @type {Map<Blob, Promise<WebAssembly.Module>>} Each is compiled once for all workers. */
const modules = new Map();
/** @type {Files | null} */
let files = null;
let scriptURL = "";

const tell = (/** @type {FromFrame} */ message) => parent.postMessage(message, "*"); // it has no secrets

/** @param {Blob} blob */
function compiled(blob) {
  const known = modules.get(blob);
  if (known) return known;
  // A Response made here is no request: no policy asks about it.
  const response = new Response(blob, { headers: { "content-type": "application/wasm" } });
  const compiling = WebAssembly.compileStreaming(response);
  modules.set(blob, compiling);
  return compiling;
}

/**
 * @param {Start} message
 * @param {MessagePort} port
 */
async function start({ id, program, wheels, snapshot }, port) {
  if (!files) return;
  const worker = new Worker(scriptURL);
  workers.set(id, worker);
  worker.onerror = (event) => {
    event.preventDefault();
    fail(id, event.message);
  };
  try {
    const { parts, lock, sideModules } = files;
    const [main, ...others] = await Promise.all([program, ...sideModules.map(({ blob }) => blob)].map(compiled));
    const sides = sideModules.map(({ path }, index) => ({ path, module: /** @type {WebAssembly.Module} */ (others[index]) }));
    /** @type {ToWorker} */
    const message = { program: /** @type {WebAssembly.Module} */ (main), sideModules: sides, parts, lock, wheels, snapshot };
    worker.postMessage(message, [port]);
  } catch (thrown) {
    fail(id, thrown);
  }
}

/**
 * @param {number} id
 * @param {unknown} reason
 */
function fail(id, reason) {
  end(id);
  tell({ type: "died", id, message: String(reason ?? "").slice(0, 500) });
}

/** @param {number} id */
function end(id) {
  workers.get(id)?.terminate();
  workers.delete(id);
}

const setTimer = startTimers((id) => tell({ type: "time", id }));

addEventListener("message", ({ source, data, ports }) => {
  if (source !== parent) return;
  const message = /** @type {ToFrame} */ (data);
  if (message.type === "files") {
    files = message.files;
    scriptURL = URL.createObjectURL(files.script);
  } else if (message.type === "start") void start(message, /** @type {MessagePort} */ (ports[0]));
  else if (message.type === "end") end(message.id);
  else if (message.type === "timer") setTimer(message.id, message.ms);
  else if (message.type === "ping") tell({ type: "pong" });
});
void isConfined(window).then((confined) => {
  tell({ type: "hello", build: BUILD, opaque: origin === "null", confined });
});
