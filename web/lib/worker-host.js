import { AssetFault, faultIn, findFault } from "./assets.js";

const EMPTY_MODULE = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/**
 * What boot.js needs from a browser's worker.
 * @type {import("../boot.js").Host}
 */
export const workerHost = { check, readText, watchNetwork, findFault };

function check() {
  if (typeof WebAssembly !== "object") {
    throw new AssetFault("this browser has no WebAssembly", "Use a current browser; some switch it off in a lockdown mode.");
  }
  try {
    new WebAssembly.Module(EMPTY_MODULE);
  } catch {
    throw new AssetFault(
      "WebAssembly is blocked, most likely by the page's Content-Security-Policy",
      "Add 'wasm-unsafe-eval' to its script-src.",
    );
  }
}

/** @param {string} url */
async function readText(url) {
  const response = await fetchOrExplain(globalThis.fetch, url);
  return response.text();
}

/**
 * Stand in for `fetch` and `instantiateStreaming` while Pyodide loads: counts bytes, and sees what Pyodide would only
 * warn of and then wait for ever.
 * @type {Required<import("../boot.js").Host>["watchNetwork"]}
 */
function watchNetwork(onBytes) {
  const { fetch } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  /** @type {(fault: unknown) => void} */
  let fail = () => {};
  const failed = /** @type {Promise<never>} */ (new Promise((_, reject) => (fail = reject)));
  const telling = async (/** @type {Promise<any>} */ work) => {
    try {
      return await work;
    } catch (fault) {
      fail(fault);
      throw fault;
    }
  };
  const count = counter(onBytes);
  globalThis.fetch = (input, init) => telling(fetchOrExplain(fetch, input, init).then(count));
  WebAssembly.instantiateStreaming = (source, imports) => telling(instantiateStreaming(source, imports));
  const stop = () => {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  };
  return { failed, stop };
}

/** @param {(done: number, total: number | undefined) => void} onBytes */
function counter(onBytes) {
  let done = 0;
  let total = 0;
  let totalKnown = true;
  /** @param {Response} response */
  return (response) => {
    const { body, headers, status, statusText } = response;
    if (!body) return response;
    const length = Number(headers.get("content-length"));
    // A compressed length says nothing of the bytes that arrive here.
    if (length > 0 && !headers.has("content-encoding")) total += length;
    else totalKnown = false;
    const tap = new TransformStream({
      transform(chunk, controller) {
        done += chunk.byteLength;
        onBytes(done, totalKnown ? total : undefined);
        controller.enqueue(chunk);
      },
    });
    return new Response(body.pipeThrough(tap), { headers, status, statusText });
  };
}

/**
 * Fetch one of our files.
 * @param {typeof fetch} fetchFile
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} Rejects with `AssetFault`.
 */
async function fetchOrExplain(fetchFile, input, init) {
  const url = input instanceof Request ? input.url : String(input);
  let response;
  try {
    response = await fetchFile(input, init);
  } catch (thrown) {
    const fault = await findFault(url, fetchFile);
    throw fault ?? (init?.integrity ? damaged(url) : thrown);
  }
  const fault = faultIn(response, url);
  if (fault) throw fault;
  return response;
}

/** @param {string} url */
function damaged(url) {
  return new AssetFault(
    `${url} is not the file that pyodide-lock.json names: its sha256 is another`,
    "Deploy the whole of dist/ at once, and let no cache or proxy change its files.",
  );
}
