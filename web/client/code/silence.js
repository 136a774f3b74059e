// Why a frame stays silent: the page asks for the same file, and looks at how it is served. From another origin only the
// status and few headers can be read.

/** Milliseconds for the answer; a slow network is no fault of the file. */
const LIMIT_MS = 20_000;
/** Where a header may be in the frame's way, and where nothing is: the machine may just be busy. */
const [SHORT_MS, LONG_MS] = [4_000, 25_000];

/** @typedef {{fetch: (url: URL, init: RequestInit) => Promise<Response>, isolated: boolean}} Surroundings */

/** @type {Surroundings} */
const HERE = { fetch: (url, init) => fetch(url, init), isolated: globalThis.crossOriginIsolated };

/**
 * @param {URL} url Of sandbox.html.
 * @param {AbortSignal} signal
 * @param {Surroundings} [surroundings] `isolated`: the page has Cross-Origin-Embedder-Policy.
 * @returns {Promise<{why: string, patience: number}>} `patience`: how many milliseconds more the frame should get; it is 0
 *   if none can come of such a file. Never rejects.
 */
export async function whySilent(url, signal, { fetch, isolated } = HERE) {
  let answer;
  try {
    answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) });
  } catch (thrown) {
    const reason = String(/** @type {any} */ (thrown)?.message ?? thrown);
    return { patience: SHORT_MS, why: `could not be loaded (${reason}): check that it is there, and that ${page(url)}` };
  }
  void answer.body?.cancel().catch(() => {});
  const { ok, status, headers } = answer;
  if (!ok) return { patience: 0, why: `was answered with the status ${status}: put the whole of dist/ there` };
  const type = headers.get("content-type") ?? "";
  if (type && !type.startsWith("text/html")) return { patience: 0, why: `is served as ${type}: serve it as text/html` };
  const found = suspect(headers, isolated);
  const denied = headers.get("x-frame-options")?.trim().toLowerCase() === "deny";
  const other = `check that ${page(url)}, and that a Cross-Origin-Embedder-Policy of the page is sent with it, too`;
  return { patience: denied ? 0 : found ? SHORT_MS : LONG_MS, why: `did not start in a frame: ${found || other}` };
}

/**
 * @param {Headers} headers
 * @param {boolean} isolated
 * @returns {string} What to change about them; empty if nothing is suspect.
 */
function suspect(headers, isolated) {
  if (headers.has("x-frame-options")) return "serve it without X-Frame-Options";
  if (isolated && headers.get("cross-origin-resource-policy") !== "cross-origin")
    return `serve it with "Cross-Origin-Resource-Policy: cross-origin" and the page's Cross-Origin-Embedder-Policy`;
  if (isolated && !headers.has("cross-origin-embedder-policy")) return "serve it with the page's Cross-Origin-Embedder-Policy";
  if (headers.has("content-security-policy")) return "serve it without another Content-Security-Policy than its own";
  return "";
}

/** @param {URL} url */
const page = (url) => `the page's Content-Security-Policy has "frame-src ${url.href}"`;
