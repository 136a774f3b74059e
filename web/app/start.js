// Runs first on the page: starting Python takes longest, so its worker starts while the rest of the page still loads.

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
  const worker = early ?? begin(url, "sparewheel");
  early = null;
  return worker;
}

/**
 * @param {URL} url
 * @param {string} name
 */
function begin(url, name) {
  return new Worker(url, { type: "module", name });
}
