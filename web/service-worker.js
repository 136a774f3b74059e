// The service worker: keeps one build's files, all of them or none, so that the next visit needs no network. It is put
// in place by `keepOffline` (sparewheel.js). The build adds the call of `serve` with the list of its files at the end.
//
// Versions do not mix. A build has a cache of its own, which is filled before the build can take over, with files that
// have a hash in their names or are checked by theirs; a page gets everything from one cache. A new build takes over when no page of the old one is
// left: when the last has been closed, or is the only one and is loaded anew.

import { fetchPacked, integrity } from "./assets/download.js";

const PREFIX = "sparewheel ";
const HASHED = /(?<![0-9a-z])[0-9a-f]{16}(?![0-9a-z])/;
const PACKED = /\.(bin|wasm)$/;

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
  const known = hashed && (await caches.match(url));
  if (known) return cache.put(url, known);
  if (hashed && PACKED.test(path)) return cache.put(url, await fetchPacked(fetch, url));
  const response = await fetch(url, { integrity: integrity(sha256), cache: hashed ? "default" : "no-cache" });
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return cache.put(url, response);
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
  const path = decodeURI(url.origin + url.pathname + folder).slice(base.length);
  if (path in files) event.respondWith(request.mode === "navigate" ? page(name, path) : file(name, path, files));
  else if (HASHED.test(path)) event.respondWith(onceFetched(name, request));
}

/**
 * @param {string} name
 * @param {string} path
 * @param {Build["files"]} files
 */
async function file(name, path, files) {
  // What the browser has thrown out is replaced by the same or by nothing.
  const again = () => fetch(base + path, { integrity: integrity(/** @type {string} */ (files[path])), cache: "no-cache" });
  return (await kept(name, base + path)) ?? again();
}

/** @type {ServiceWorker | null} The new build that is taking over: from then on no page is answered from this one. */
let successor = null;

/**
 * A page that is the only one, and is loaded anew, gets the new build that is waiting.
 * @param {string} name
 * @param {string} path
 */
async function page(name, path) {
  const { waiting } = scope.registration;
  // The page that has just been left may still count for a while, so this is not asked twice.
  if (waiting && waiting !== successor && (await scope.clients.matchAll()).length < 2) successor = waiting;
  if (waiting && waiting === successor) {
    waiting.postMessage("take over");
    return new Response("", { headers: { Refresh: "0" } });
  }
  return (await kept(name, base + path)) ?? fetch(base + path);
}

/**
 * What is needed only at times.
 * @param {string} name
 * @param {Request} request
 */
async function onceFetched(name, request) {
  const known = await kept(name, request.url);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && response.type === "basic") await (await caches.open(name)).put(request.url, response.clone());
  return response;
}

/**
 * @param {string} name
 * @param {string} url
 */
const kept = (name, url) => caches.match(url, { cacheName: name }); // opening a cache would make one
