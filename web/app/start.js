// The first thing on the page: Python takes longest, so its worker begins while the rest of the page is still loading.

/** @type {Worker | null} */
let early = null;
try {
  early = begin(new URL("../worker.js", import.meta.url), "sparewheel early");
  // Whoever takes a worker over listens for its errors; one that failed before that is not taken.
  early.addEventListener("error", () => (early = null), { once: true });
} catch {
  // The page will try again, where it can say what is wrong.
}

/**
 * The worker that has begun, the first time; another one after that. For `createRuntime({createWorker})`.
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
