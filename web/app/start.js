// Runs first on the page: starting Python takes longest, so its worker starts while the rest of the page still loads.

import { scriptURL } from "../assets/script-url.js";

const MIXED = "The page could not start: some of its files did not load, or are of another version. Reload the page.";

// Whatever fails before the page takes the worker over has failed to load: then nothing else reports it.
const loading = new AbortController();
addEventListener("error", failed, { capture: true, signal: loading.signal });

/** @type {Worker | null} */
let early = null;
try {
  early = begin(new URL("../worker.js", import.meta.url), "sparewheel early");
  // createRuntime listens for errors of the worker it takes over; one that failed before that is not taken over.
  early.addEventListener("error", () => (early = null), { once: true });
} catch {
  // The page will try again, where it can say what is wrong.
}

/**
 * The worker that was started early, at the first call; a new one at each later call. For `createRuntime({createWorker})`.
 * @param {URL} url
 */
export function startedWorker(url) {
  loading.abort();
  const worker = early ?? begin(url, "sparewheel");
  early = null;
  return worker;
}

/** @param {Event} event An exception, or a script or another file that did not load. */
function failed(event) {
  const line = document.getElementById("status");
  if (!line || !(event instanceof ErrorEvent || event.target instanceof HTMLScriptElement)) return;
  line.dataset["state"] = "error";
  line.textContent = MIXED;
}

/**
 * @param {URL} url
 * @param {string} name
 */
function begin(url, name) {
  return new Worker(scriptURL(url), { type: "module", name });
}
