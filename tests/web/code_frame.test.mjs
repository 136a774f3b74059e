// Why the frame of the code sandbox stays silent, as far as its file tells.

import assert from "node:assert/strict";
import test from "node:test";
import { Python } from "../../web/client/code/python.js";
import { whySilent } from "../../web/client/code/silence.js";

const ADDRESS = new URL("https://h/spare/sandbox.html");
const { signal } = new AbortController();

async function why(answer, isolated = false) {
  return whySilent(ADDRESS, signal, { fetch: async () => answer(), isolated });
}

const served = (headers, status = 200) => {
  return () => new Response("", { status, headers: { "content-type": "text/html; charset=utf-8", ...headers } });
};

test("a file of which no frame can come", async () => {
  for (const [answer, told] of [
    [served({}, 404), /status 404/],
    [served({ "content-type": "text/plain" }), /as text\/html/],
    [served({ "x-frame-options": " DENY" }), /without X-Frame-Options/],
  ]) {
    const { patience, why: text } = await why(answer);
    assert.deepEqual([patience, told.test(text)], [0, true], text);
  }
});

test("a file whose headers may be the reason", async () => {
  const isolating = { "cross-origin-embedder-policy": "require-corp" };
  const shared = { "cross-origin-resource-policy": "cross-origin" };
  for (const [headers, isolated, told, isLong] of [
    [{ "x-frame-options": "SAMEORIGIN" }, false, /without X-Frame-Options/],
    [isolating, true, /Cross-Origin-Resource-Policy: cross-origin/],
    [shared, true, /Cross-Origin-Embedder-Policy/],
    [{ "content-security-policy": "sandbox" }, false, /another Content-Security-Policy/],
    [{ ...shared, ...isolating }, true, /"frame-src https:\/\/h\/spare\/sandbox.html"/, true],
    [{}, false, /"frame-src https:\/\/h\/spare\/sandbox.html"/, true],
  ]) {
    const { patience, why: text } = await why(served(headers), isolated);
    assert.deepEqual([patience, told.test(text)], [isLong ? 25_000 : 4_000, true], text);
  }
});

test("a file that cannot be asked for", async () => {
  const { patience, why: text } = await why(() => {
    throw new TypeError("Failed to fetch");
  });
  assert.equal(patience, 4_000);
  assert.match(text, /could not be loaded \(Failed to fetch\)/);
});

test("a worker that ends without a reason is explained, with the snapshot and without it", async () => {
  for (const [snapshot, name] of [
    [true, "Error"],
    [false, "Unavailable"],
  ]) {
    const { port1: port } = new MessageChannel();
    const start = (parts, onDeath) => {
      queueMicrotask(() => onDeath(""));
      return { port, end: () => port.close() };
    };
    const frame = { gone: false, start, watch: () => () => {} };
    const starting = Python.start(frame, { program: new Blob(), wheels: [], snapshot }, signal);
    await assert.rejects(starting, (error) => error.name === name && /starts no worker in its frame/.test(error.message));
  }
});
