// The service worker's decisions, where a real browser shows them only at times: who answers while a build takes over, and
// what happens when a file is missing or damaged.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test, { beforeEach } from "node:test";

const BASE = "https://h/app/";
const NAVIGATION = { method: "GET", url: `${BASE}page.html`, mode: "navigate" };
const CACHE = `sparewheel ${BASE} 1`;
const SCRIPT = { method: "GET", url: `${BASE}a.js`, mode: "cors" };
const BIG = { method: "GET", url: `${BASE}big.0123456789abcdef.bin`, mode: "cors" };
const heard = {};
const scope = {
  location: { href: `${BASE}service-worker.js` },
  addEventListener: (type, listener) => (heard[type] = listener),
  registration: { waiting: null },
  clients: { matchAll: async () => scope.pages },
  pages: [],
};
/** What the caches hold, by their names, then by URL; what the host has, by URL: null is no network. */
let stored;
let host;
let asked;

globalThis.self = scope;
globalThis.caches = {
  match: async (url, { cacheName } = {}) => {
    const names = cacheName ? [cacheName] : [...stored.keys()];
    return names.map((name) => stored.get(name)?.get(url)).find(Boolean)?.clone();
  },
  has: async (name) => stored.has(name),
  keys: async () => [...stored.keys()],
  delete: async (name) => stored.delete(name),
  open: async (name) => {
    if (!stored.has(name)) stored.set(name, new Map());
    return { put: async (url, response) => void stored.get(name).set(url, response) };
  },
};
const hash = (text, encoding) => createHash("sha256").update(text).digest(encoding);
globalThis.fetch = async (input, { integrity, cache = "default" } = {}) => {
  const url = typeof input === "string" ? input : input.url;
  asked.push([url.slice(BASE.length), cache]);
  if (host === null) throw new TypeError("Failed to fetch");
  const text = host[url];
  if (integrity && text !== undefined && integrity !== `sha256-${hash(text, "base64")}`) throw new TypeError("Failed to fetch");
  return new Response(text ?? "", { status: text === undefined ? 404 : 200, headers: { "content-encoding": "br", "content-type": "text/javascript" } });
};

const FILES = { [NAVIGATION.url]: "the page", [SCRIPT.url]: "the script", [BIG.url]: "the snapshot" };
const NEXT = { ...FILES, [NAVIGATION.url]: "the next page", [SCRIPT.url]: "the next script", [scope.location.href]: "" };
const { serve } = await import("../../web/service-worker.js");
const path = (url) => url.slice(BASE.length);
serve({ build: "1", files: Object.fromEntries(Object.entries(FILES).map(([url, text]) => [path(url), hash(text, "hex")])) });

const whole = () => new Map(Object.entries(FILES).map(([url, text]) => [url, new Response(text)]));
beforeEach(() => {
  stored = new Map([[CACHE, whole()]]);
  host = { ...FILES, [scope.location.href]: "" };
  asked = [];
});

async function answered(request = NAVIGATION) {
  let answer;
  heard.fetch({ request, respondWith: (response) => (answer = response) });
  const response = await answer;
  return response.headers.get("refresh") ?? response.text();
}

/** What is kept now, as text by URL. */
async function kept() {
  const texts = [...(stored.get(CACHE) ?? [])].map(async ([url, response]) => [url, await response.clone().text()]);
  return Object.fromEntries(await Promise.all(texts));
}

async function install() {
  let work;
  await heard.install({ waitUntil: (promise) => (work = promise) });
  return work;
}

test("a page is the old build's while another one is open, and never again once the new build takes over", async () => {
  const told = [];
  assert.equal(await answered(), "the page");
  scope.registration.waiting = { postMessage: (text) => told.push(text) };
  scope.pages = ["this one", "another"];
  assert.equal(await answered(), "the page");
  scope.pages = ["this one"];
  assert.equal(await answered(), "0");
  scope.pages = ["this one", "the one before it, which is still being closed"];
  assert.equal(await answered(), "0");
  assert.deepEqual(told, ["take over", "take over"]);
  scope.registration.waiting = null;
  assert.equal(await answered(), "the page");
});

test("everything is answered from the cache, and asks the network for nothing", async () => {
  for (const request of [NAVIGATION, SCRIPT, BIG]) assert.equal(await answered(request), FILES[request.url]);
  assert.deepEqual(asked, []);
});

test("a file that is missing or damaged is replaced by the same one, and kept", async () => {
  for (const damage of [(files) => files.delete(SCRIPT.url), (files) => files.set(SCRIPT.url, new Response("other"))]) {
    damage(stored.get(CACHE));
    assert.equal(await answered(SCRIPT), "the script");
  }
  stored.get(CACHE).set(NAVIGATION.url, new Response("another page"));
  assert.equal(await answered(), "the page");
  assert.deepEqual(asked, [["a.js", "reload"], ["a.js", "reload"], ["page.html", "reload"]]);
  assert.deepEqual(await kept(), FILES);
});

test("a large file is left to who asks to verify, and past the cache if they want it so", async () => {
  stored.get(CACHE).set(BIG.url, new Response("damaged"));
  assert.equal(await answered(BIG), "damaged");
  assert.equal(await answered({ ...BIG, cache: "reload" }), "the snapshot");
  assert.deepEqual(await kept(), FILES);
});

test("if the host has another build by now, nothing of the old one is mixed with it", async () => {
  host = NEXT;
  stored.get(CACHE).set(SCRIPT.url, new Response("damaged"));
  await assert.rejects(answered(SCRIPT));
  assert.equal(stored.has(CACHE), false);
  assert.equal(await answered(), "the next page");
  assert.equal(await answered(SCRIPT), "the next script");
  assert.equal(stored.has(CACHE), false);
});

test("a page that is missing is never the next build's beside scripts of the old one", async () => {
  host = NEXT;
  stored.get(CACHE).delete(NAVIGATION.url);
  assert.equal(await answered(), "the next page");
  assert.equal(await answered(SCRIPT), "the next script");
});

test("without a network, what is left is kept", async () => {
  host = null;
  stored.get(CACHE).delete(SCRIPT.url);
  await assert.rejects(answered(SCRIPT));
  assert.equal(await answered(), "the page");
  host = NEXT;
  delete host[scope.location.href];
  await assert.rejects(answered(SCRIPT)); // a host that is only half there
  assert.equal(await answered(), "the page");
});

test("a build is installed as a whole, with the right files, or not at all", async () => {
  stored = new Map([["sparewheel of another build", new Map([[BIG.url, new Response("damaged")]])]]);
  await install();
  assert.deepEqual(await kept(), FILES);
  stored = new Map([["sparewheel of another build", new Map([[BIG.url, new Response("the snapshot")]])]]);
  host[BIG.url] = "other";
  await install();
  assert.deepEqual(await kept(), FILES);
  stored = new Map();
  await assert.rejects(install(), /is not a file of this build/);
  host = { ...FILES, [SCRIPT.url]: "other" };
  await assert.rejects(install());
});
