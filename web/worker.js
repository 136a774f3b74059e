// The module worker: boots Python, then is two pipes. The page sends {type: "boot", indexURL, snapshot?} first, after
// that only strings (commands as JSON text); it gets progress, ready or boot_failed as objects and what Python says as
// strings. Named "sparewheel early" it boots at once, and says how that goes once it has been told to.

import { boot } from "./boot/boot.js";
// Named here, and not left to those that import them, so that all are fetched at once.
import "./boot/container.js";
import "./boot/late.js";
import "./boot/memory.js";
import "./boot/pyodide.js";
import "./boot/restore.js";
import "./boot/side-modules.js";
import "./assets/faults.js";
import "./assets/download.js";
import "./assets/stages.js";
import { workerHost } from "./assets/worker-host.js";

/** @type {string[]} Commands that came before Python was ready. */
const waiting = [];
/** @type {((text: string) => void) | null} */
let dispatch = null;

/** @type {object[] | null} What nobody listens for yet. */
let held = null;
const OWN = new URL("pyodide/", self.location.href).href;

/** @param {object} message */
function say(message) {
  if (held) held.push(message);
  else self.postMessage(message);
}

self.onmessage = ({ data }) => {
  if (typeof data !== "string") begin(data);
  else if (dispatch) dispatch(data);
  else waiting.push(data);
};

/** @param {{indexURL: string, snapshot?: boolean}} message */
function begin(message) {
  if (held === null || message.indexURL !== OWN) return void start(message);
  const told = held;
  held = null;
  told.forEach(say);
}

/** @param {{indexURL: string, snapshot?: boolean}} message */
async function start({ indexURL, snapshot }) {
  const began = performance.now();
  try {
    const connect = await boot(indexURL, say, workerHost, { snapshot });
    dispatch = connect((text) => self.postMessage(text));
  } catch (thrown) {
    const { stage = "runtime", message, hint = "" } = /** @type {import("./assets/stages.js").BootError} */ (thrown);
    say({ type: "boot_failed", stage, reason: message, hint });
    return;
  }
  say({ type: "ready", ms: Math.round(performance.now() - began) });
  for (const command of waiting.splice(0)) dispatch(command);
}

// A service worker answers without a query, and then there is none in the location either: hence the name.
if (self.name === "sparewheel early") {
  held = [];
  void start({ indexURL: OWN });
}
