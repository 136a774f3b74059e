import { scriptURL } from "./script-url.js";

/** @type {WorkerOptions} */
const OPTIONS = { type: "module", name: "sparewheel" };

/**
 * Start a worker from a module of any origin that allows the page's by CORS. Browsers start workers only from the page's
 * own origin, so a script of the page is made that imports the module: a `blob:` URL, or a `data:` URL where the page
 * itself has no origin (a sandboxed frame).
 * @param {URL} url
 * @returns {Worker}
 * @throws {Error} The page's Content-Security-Policy does not allow it.
 */
export function moduleWorker(url) {
  const { origin = url.origin } = globalThis; // that of the location is another one in a sandboxed frame
  if (url.origin === origin) return new Worker(scriptURL(url), OPTIONS);
  const script = `import ${JSON.stringify(url.href)};`;
  if (origin === "null") return new Worker(scriptURL(new URL(`data:text/javascript,${encodeURIComponent(script)}`)), OPTIONS);
  const made = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(scriptURL(new URL(made)), OPTIONS);
  for (const type of ["message", "error"]) worker.addEventListener(type, () => URL.revokeObjectURL(made), { once: true });
  return worker;
}
