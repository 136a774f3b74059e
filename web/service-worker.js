// The service worker: keeps one build's files, all of them or none, so that the next visit needs no network. It is put
// in place by `keepOffline` (sparewheel.js). The build adds the call of `serve` with the list of its files at the end.
//
// Versions do not mix. A build has a cache of its own, which is filled before the build can take over, with files whose
// hashes are those of the list; a page gets everything from one cache. A new build takes over when no page of the old one
// is left: when the last has been closed, or is the only one and is loaded anew. A file that is missing or damaged is
// fetched again. If the host has another one by now, the build cannot be completed any more: its cache is removed, and
// from then on everything comes from the host.
//
// Every file is verified whenever it is answered with, except the large ones, which the worker verifies that asks for them.

import { encodes, fetchPacked } from "./assets/download.js";
import { digest, integrity } from "./assets/sha256.js";

const PREFIX = "sparewheel ";
const HASHED = /(?<![0-9a-z])[0-9a-f]{16}(?![0-9a-z])/;
const LARGE = /\.(bin|wasm)$/;
const PACKED = /\.gz$/;
const LOCK = "pyodide/pyodide-lock.json";

/** @typedef {{build: string, files: Record<string, string>}} Build `files`: the SHA-256 in hex by path. */

const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const base = new URL("./", scope.location.href).href;

/** @param {Build} build */
export function serve({ build, files }) {
  const name = `${PREFIX}${base} ${build}`;
  scope.addEventListener("install", (event) => event.waitUntil(install(event, name, files)));
  scope.addEventListener("activate", (event) => event.waitUntil(removeOthers(name)));
  scope.addEventListener("fetch", (event) => answer(event, name, files));
  scope.addEventListener("message", ({ data }) => data === "take over" && void scope.skipWaiting());
}

/**
 * @param {any} event `addRoutes` is not in every browser, nor in the types.
 * @param {string} name
 * @param {Build["files"]} files
 */
async function install(event, name, files) {
  // The requests to models are none of our business, and are not to wait for this worker to wake up.
  await event.addRoutes?.({ condition: { requestMethod: "POST" }, source: "network" }).catch(() => {});
  const cache = await caches.open(name);
  await Promise.all(Object.entries(files).map(([path, sha256]) => keep(cache, path, sha256)));
}

/**
 * @param {Cache} cache
 * @param {string} path
 * @param {string} sha256
 */
async function keep(cache, path, sha256) {
  const url = base + path;
  // The same name is the same file: another build's cache may have it, and so may the browser's.
  const hashed = HASHED.test(path);
  const known = hashed && (await intact(await caches.match(url), sha256));
  if (known) return cache.put(url, known);
  return cache.put(url, await fetchIntact(path, sha256, hashed ? "default" : "no-cache"));
}

/**
 * @param {string} path
 * @param {string} sha256
 * @param {RequestCache} mode
 */
async function fetchIntact(path, sha256, mode) {
  const url = base + path;
  if (HASHED.test(path) && LARGE.test(path)) {
    const response = await intact(await fetchPacked(fetch, url, { cache: mode }, await hostEncodes()), sha256);
    if (response) return response;
    if (mode !== "reload") return fetchIntact(path, sha256, "reload"); // the browser's cache may have it damaged
    throw new Error(`${url} is not a file of this build`);
  }
  const response = await fetch(url, { integrity: integrity(sha256), cache: mode });
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response;
}

/** Whether the host encodes what it sends; the worker that starts Python asks for the same files then. */
async function hostEncodes() {
  return encodes(await fetch(base + LOCK));
}

/**
 * @param {Response | undefined} response
 * @param {string} sha256
 * @returns {Promise<Response | null>} The same answer, if its bytes are the right ones.
 */
async function intact(response, sha256) {
  try {
    if (!response) return null;
    const { headers, status } = response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return (await digest(bytes)) === sha256 ? new Response(bytes, { headers, status }) : null;
  } catch {
    return null; // it can not be read to its end
  }
}

/** @param {string} name */
async function removeOthers(name) {
  for (const other of await caches.keys()) {
    if (other.startsWith(PREFIX + base) && other !== name) await caches.delete(other);
  }
}

/**
 * @param {FetchEvent} event
 * @param {string} name
 * @param {Build["files"]} files
 */
function answer(event, name, files) {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(base)) return;
  const folder = url.pathname.endsWith("/") ? "index.html" : "";
  const asked = decodeURI(url.origin + url.pathname + folder).slice(base.length);
  const path = LARGE.test(asked.replace(PACKED, "")) ? asked.replace(PACKED, "") : asked; // kept unpacked
  const sha256 = Object.hasOwn(files, path) ? files[path] : undefined;
  if (sha256) event.respondWith(request.mode === "navigate" ? page(name, path, sha256) : file(name, path, sha256, request.cache));
  else if (HASHED.test(path)) event.respondWith(onceFetched(name, request));
}

/**
 * A file of this build, or none. If the host has none any more, nothing is left of the build.
 * @param {string} name
 * @param {string} path
 * @param {string} sha256
 * @param {RequestCache} [mode] "reload": not from the cache.
 */
async function file(name, path, sha256, mode) {
  const url = base + path;
  const stored = mode === "reload" ? undefined : await kept(name, url);
  const known = stored && LARGE.test(path) ? stored : await intact(stored, sha256);
  if (known) return known;
  if (!(await caches.has(name))) return fetch(url, { cache: mode ?? "default" });
  try {
    const response = await fetchIntact(path, sha256, "reload");
    await (await caches.open(name)).put(url, response.clone());
    return response;
  } catch (thrown) {
    if (await isReachable()) await caches.delete(name); // else the host may have it when there is a network again
    throw thrown;
  }
}

/** Whether the host answers. */
async function isReachable() {
  try {
    return (await fetch(scope.location.href, { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** @type {ServiceWorker | null} The new build that is taking over: from then on no page is answered from this one. */
let successor = null;

/**
 * A page that is the only one, and is loaded anew, gets the new build that is waiting.
 * @param {string} name
 * @param {string} path
 * @param {string} sha256
 */
async function page(name, path, sha256) {
  const { waiting } = scope.registration;
  // The page that has just been left may still count for a while, so this is not asked twice.
  if (waiting && waiting !== successor && (await scope.clients.matchAll()).length < 2) successor = waiting;
  if (waiting && waiting === successor) {
    waiting.postMessage("take over");
    return new Response("", { headers: { Refresh: "0" } });
  }
  const url = base + path;
  return file(name, path, sha256).catch(() => fetch(url));
}

/**
 * What is needed only at times. The name says which file it is, and those who ask for it verify it.
 * @param {string} name
 * @param {Request} request
 */
async function onceFetched(name, request) {
  const known = request.cache === "reload" ? undefined : await kept(name, request.url);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && response.type === "basic" && (await caches.has(name))) {
    await (await caches.open(name)).put(request.url, response.clone());
  }
  return response;
}

/**
 * @param {string} name
 * @param {string} url
 */
const kept = (name, url) => caches.match(url, { cacheName: name }); // opening a cache would make one
