// The module worker. The page first sends a `Boot` object, after that strings: commands and pieces as JSON text. It gets
// `BootMessage` objects while Python starts, then strings. A `Ping` object is answered by a `Pong` object at any time. Named "sparewheel early", the worker starts at once and
// holds its messages until the page sends the `Boot` object.

import { boot } from "./boot/boot.js";
import { BUILD, LOCK_SHA256 } from "./boot/build.js";
// Imported here as well as by the modules that use them, so that all are downloaded at once.
import "./boot/container.js";
import "./boot/late.js";
import "./boot/memory.js";
import "./boot/pyodide.js";
import "./boot/restore.js";
import "./boot/side-modules.js";
import "./assets/faults.js";
import "./assets/download.js";
import "./assets/sha256.js";
import "./assets/stages.js";
import { workerHost } from "./assets/worker-host.js";
import { Journal } from "./journal/journal.js";

/**
 * @typedef {import("./protocol.js").Boot} Boot
 * @typedef {import("./protocol.js").BootMessage} BootMessage
 */

Object.assign(self, { SparewheelJournal: Journal }); // for state/indexeddb.py

/** @type {string[]} Messages that came before Python was ready. */
const waiting = [];
/** @type {((text: string) => void) | null} */
let dispatch = null;

/** @type {BootMessage[] | null} Messages for a page that has not sent its `Boot` object yet. */
let held = null;
const HERE = import.meta.url; // not the worker's location, which may be a script that imports this one
const OWN = new URL("pyodide/", HERE).href;

/** @param {BootMessage} message */
function post(message) {
  if (held) held.push(message);
  else self.postMessage(message);
}

self.onmessage = ({ data }) => {
  if (data?.type === "ping") self.postMessage({ type: "pong" });
  else if (typeof data !== "string") begin(data);
  else if (dispatch) dispatch(data);
  else waiting.push(data);
};

/** @param {Boot} message */
function begin(message) {
  if (message.build !== BUILD) {
    held = null;
    const reason = `worker.js (${HERE}) is of another build than the page's scripts`;
    const hint = "A new version has been deployed, or a cache has kept an old file: reload the page.";
    post({ type: "boot_failed", stage: "worker", reason, hint, final: true });
    return;
  }
  if (held === null || message.indexURL !== OWN) return void start(message);
  const messages = held;
  held = null;
  messages.forEach(post);
}

/** @param {Pick<Boot, "indexURL" | "snapshot">} message */
async function start({ indexURL, snapshot }) {
  const began = performance.now();
  try {
    const connect = await boot(indexURL, post, workerHost, { lockSha256: LOCK_SHA256, snapshot });
    dispatch = connect((text) => self.postMessage(text));
  } catch (thrown) {
    const { stage = "runtime", message, hint = "", final } = /** @type {import("./assets/stages.js").BootError} */ (thrown);
    post({ type: "boot_failed", stage, reason: message, hint, ...(final && { final }) });
    return;
  }
  post({ type: "ready", ms: Math.round(performance.now() - began) });
  for (const text of waiting.splice(0)) dispatch(text);
}

// The name, not a query of the URL: a service worker answers without the query, and then the location has none.
if (self.name === "sparewheel early") {
  held = [];
  void start({ indexURL: OWN });
}
