// The service worker's decisions, where a real browser shows them only at times: who answers while a build takes over.

import assert from "node:assert/strict";
import test from "node:test";

const BASE = "https://h/app/";
const NAVIGATION = { method: "GET", url: `${BASE}page.html`, mode: "navigate" };
const heard = {};
const scope = {
  location: { href: `${BASE}service-worker.js` },
  addEventListener: (type, listener) => (heard[type] = listener),
  registration: { waiting: null },
  clients: { matchAll: async () => scope.pages },
  pages: [],
};
const stored = new Map();
globalThis.self = scope;
globalThis.caches = {
  match: async (url, { cacheName }) => stored.get(`${cacheName} ${url}`)?.clone(),
  open: () => assert.fail("a cache that was removed comes back"),
};
const { serve } = await import("../../web/service-worker.js");
serve({ build: "1", files: { "page.html": "00" } });
stored.set(`sparewheel ${BASE} 1 ${BASE}page.html`, new Response("the old page"));

async function answered(request = NAVIGATION) {
  let answer;
  heard.fetch({ request, respondWith: (response) => (answer = response) });
  const response = await answer;
  return response.headers.get("refresh") ?? response.text();
}

test("a page is the old build's while another one is open, and never again once the new build takes over", async () => {
  const told = [];
  assert.equal(await answered(), "the old page");
  scope.registration.waiting = { postMessage: (text) => told.push(text) };
  scope.pages = ["this one", "another"];
  assert.equal(await answered(), "the old page");
  scope.pages = ["this one"];
  assert.equal(await answered(), "0");
  scope.pages = ["this one", "the one before it, which is still being closed"];
  assert.equal(await answered(), "0");
  assert.deepEqual(told, ["take over", "take over"]);
  scope.registration.waiting = null;
  assert.equal(await answered(), "the old page");
});
