import { compileIntact, downloadIntact, encodes, fetchIntact, fetchOrExplain, fetchPacked } from "./download.js";
import { AssetFault, faultIn, findFault } from "./faults.js";
import { sha256 } from "./sha256.js";

const EMPTY_MODULE = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/**
 * What boot.js needs from a browser's worker.
 * @type {import("../boot/boot.js").Host}
 */
export const workerHost = { check, read, sha256, watchNetwork, findFault };

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

/** Whether the host encodes what it sends, as far as is known. */
let hostEncodes = false;

/**
 * @param {string} url
 * @param {RequestCache} [cache]
 */
async function read(url, cache = "default") {
  const response = await fetchOrExplain(globalThis.fetch, url, { cache });
  hostEncodes = encodes(response);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Stand in for `fetch` and `instantiateStreaming` while Pyodide loads: hands out what has been fetched before Pyodide
 * asks, counts bytes, and sees what Pyodide would only warn of and then wait for ever.
 * @param {(done: number, total: number | undefined) => void} onBytes
 * @returns {import("../boot/boot.js").Network}
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
  // What the service worker keeps is had in half the time from where it keeps it. Such files have a hash in their names.
  const packed = (/** @type {string} */ url) => async (/** @type {RequestInit} */ init) =>
    (init.cache ? undefined : await found(url)) ?? fetchPacked(fetch, url, init, hostEncodes);
  /** @type {Map<string, Promise<Response>>} What Pyodide will ask for, by URL. */
  const ready = new Map();
  /** @type {WeakMap<object, Promise<WebAssembly.Module>>} What it will have compiled, by what it got for its request. */
  const modules = new WeakMap();
  globalThis.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const response = ready.get(url);
    ready.delete(url);
    if (!response) return telling(fetchOrExplain((_, options) => fetch(input, options), url, init).then(count));
    return modules.has(response) ? response : telling(response);
  };
  WebAssembly.instantiateStreaming = (source, imports) => telling(instantiate(source, imports));
  const instantiate = async (/** @type {any} */ source, /** @type {WebAssembly.Imports | undefined} */ imports) => {
    const compiled = modules.get(source);
    if (!compiled) return instantiateStreaming(source, imports);
    const module = await compiled;
    return { module, instance: await WebAssembly.instantiate(module, imports) };
  };
  const early = (/** @type {string} */ url, /** @type {Promise<Response>} */ response) => {
    response.catch(() => {}); // the caller that awaits it gets the error
    ready.set(url, response);
  };
  return {
    failed,
    stop() {
      globalThis.fetch = fetch;
      WebAssembly.instantiateStreaming = instantiateStreaming;
    },
    async prefetch(file) {
      const response = fetchIntact(fetch, file).then(count).then(received);
      early(file.url, response);
      await response;
    },
    async prefetchModule(file, { counted = false } = {}) {
      const open = packed(file.url);
      const compiled = compileIntact(file, counted ? (init) => open(init).then(count) : open);
      compiled.catch(() => {});
      const stub = Promise.resolve(new Response());
      modules.set(stub, compiled);
      early(file.url, stub);
    },
    async script(file, { copied = false } = {}) {
      const response = await fetchIntact(fetch, file);
      const bytes = await response.arrayBuffer();
      if (!copied || isKept(response)) return file.url;
      return URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
    },
    answer: (url, response) => early(url, Promise.resolve(response)),
    compile: (file) => compileIntact(file, packed(file.url)),
    bytes: (file) => downloadIntact(file, packed(file.url), onBytes),
    readNow,
  };
}

/**
 * Whether a file is to be imported by its URL: the browser's cache keeps it, or a policy may forbid another URL. A host
 * without any of these headers would have to send a file twice: to be verified, and to be imported. Of another origin's
 * headers, the policies and `etag` are hidden.
 * @param {Response} response
 */
function isKept({ headers }) {
  const policies = ["content-security-policy", "content-security-policy-report-only"];
  if (policies.some((name) => headers.has(name))) return true;
  if (headers.get("cache-control")?.includes("no-store")) return false;
  return ["cache-control", "etag", "expires", "last-modified"].some((name) => headers.has(name));
}

/** @param {Response} response */
async function received(response) {
  const { headers, status } = response;
  return new Response(await response.arrayBuffer(), { headers, status });
}

/** @param {string} url */
async function found(url) {
  try {
    const response = await caches.match(url);
    return response && !faultIn(response, url) ? response : undefined;
  } catch {
    return undefined; // there are none where a page is not served safely, or the user does not want them
  }
}

/**
 * @param {string} url
 * @param {boolean} [again] Not from a cache.
 */
function readNow(url, again = false) {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  if (again) request.setRequestHeader("Cache-Control", "no-cache");
  request.send();
  if (request.status !== 200) {
    throw new AssetFault(`${request.status} for ${url}`, "If a new version has been deployed, reload the page.");
  }
  return new Uint8Array(request.response);
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
