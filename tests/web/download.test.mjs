// Fetching our own files: compressed on either kind of host, verified, ready before Pyodide asks.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import test, { afterEach, beforeEach, mock } from "node:test";
import { download, integrity } from "../../web/assets/download.js";
import { workerHost } from "../../web/assets/worker-host.js";

const CONTENT = Buffer.from("the bytes of a snapshot");
const EMPTY_MODULE = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const WASM = { "content-type": "application/wasm" };
const sha256 = createHash("sha256").update(CONTENT).digest("hex");
const FILE = { url: "http://h/s.bin", size: CONTENT.length, sha256 };
const IDENTITY = { headers: { "content-encoding": "identity" } };

/** In two parts, as a stream that can and as one that can not be read into a given place. */
const inTwo = (options, content) => {
  const parts = [content.subarray(0, 5), content.subarray(5)];
  const pull = (controller) => {
    controller.enqueue(Uint8Array.from(parts.shift()));
    if (parts.length === 0) controller.close();
  };
  return new ReadableStream({ ...options, pull });
};
const bytesInTwo = (content) => inTwo({ type: "bytes" }, content);
const notOfBytes = (content) => inTwo({}, content);
let host;
let asked;
let fetching;
let network;

async function verified(downloading) {
  const { bytes, verified } = await downloading;
  await verified;
  return Buffer.from(bytes);
}

beforeEach(() => {
  asked = [];
  host = {};
  fetching = mock.method(globalThis, "fetch", async (url, init) => {
    asked.push(init?.integrity ? [String(url), init.integrity] : String(url));
    const [body, headers = {}] = host[String(url)] ?? [];
    return body ? new Response(body, { headers }) : new Response("", { status: 404 });
  });
  network = workerHost.watchNetwork(() => {});
});
afterEach(() => {
  network.stop();
  fetching.mock.restore();
});

test("a host that compresses sends the file itself", async () => {
  host = { "http://h/s.bin": [CONTENT, { "content-encoding": "br" }] };
  assert.deepEqual(await verified(network.bytes(FILE)), CONTENT);
  assert.deepEqual(asked, ["http://h/s.bin"]);
});

test("of a host that does not, the compressed one is taken", async () => {
  host = { "http://h/s.bin": [CONTENT], "http://h/s.bin.gz": [gzipSync(CONTENT)] };
  assert.deepEqual(await verified(network.bytes(FILE)), CONTENT);
  assert.deepEqual(asked, ["http://h/s.bin", "http://h/s.bin.gz"]);
});

test("a compressed file that is missing, or damaged, is a fault", async () => {
  host = { "http://h/s.bin": [CONTENT] };
  await assert.rejects(network.bytes(FILE), /404 for http:\/\/h\/s\.bin\.gz/);
  const damaged = gzipSync(CONTENT);
  damaged[12] ^= 0xff;
  host["http://h/s.bin.gz"] = [damaged];
  await assert.rejects(network.bytes(FILE));
});

for (const [what, content] of [
  ["one byte different", Buffer.from("the bytes of A snapshot")],
  ["cut off", CONTENT.subarray(0, -1)],
  ["too long", Buffer.concat([CONTENT, Buffer.from("!")])],
]) {
  test(`a file that is ${what} is refused`, async () => {
    for (const response of [new Response(content), new Response(notOfBytes(content))]) {
      await assert.rejects(verified(download(response, FILE, () => {})), /s\.bin is not the file .* sha256/);
    }
  });
}

for (const [kind, body] of [["read into their place", bytesInTwo], ["copied there", notOfBytes]]) {
  test(`what arrives in parts is whole, and told: ${kind}`, async () => {
    const told = [];
    const parts = body(CONTENT);
    assert.deepEqual(await verified(download(new Response(parts), FILE, (...bytes) => told.push(bytes))), CONTENT);
    assert.deepEqual(told, [[5, CONTENT.length], [CONTENT.length, CONTENT.length]]);
  });
}

test("what the service worker keeps is taken from there", async () => {
  globalThis.caches = { match: async (url) => (url === FILE.url ? new Response(CONTENT, IDENTITY) : undefined) };
  try {
    assert.deepEqual(await verified(network.bytes(FILE)), CONTENT);
    host = { "http://h/a.wasm": [EMPTY_MODULE, { ...WASM, "content-encoding": "br" }] };
    assert.ok((await network.compile("http://h/a.wasm")) instanceof WebAssembly.Module);
  } finally {
    delete globalThis.caches;
  }
  assert.deepEqual(asked, ["http://h/a.wasm"]);
});

test("Pyodide gets what was fetched before it asked, once", async () => {
  host = { "http://h/a.whl": [CONTENT] };
  network.prefetch("http://h/a.whl", sha256);
  assert.deepEqual(asked, [["http://h/a.whl", `sha256-${createHash("sha256").update(CONTENT).digest("base64")}`]]);
  assert.equal(integrity(sha256), asked[0][1]);
  assert.deepEqual(Buffer.from(await (await fetch(new URL("http://h/a.whl"))).arrayBuffer()), CONTENT);
  assert.equal(asked.length, 1);
  await fetch("http://h/a.whl");
  assert.equal(asked.length, 2);
});

test("a file that could not be fetched fails the network when Pyodide asks for it, not before", async () => {
  network.prefetch("http://h/a.whl");
  network.prefetchModule("http://h/a.wasm");
  await new Promise(setImmediate);
  assert.equal(await Promise.race([network.failed, Promise.resolve("quiet")]), "quiet");
  await assert.rejects(fetch("http://h/a.whl"), /404/);
  await assert.rejects(network.failed, /404 for http:\/\/h\/a\.whl/);
});

test("a module is compiled while it is fetched, and instantiated when Pyodide asks", async () => {
  host = { "http://h/a.wasm": [EMPTY_MODULE, WASM] };
  network.prefetchModule("http://h/a.wasm");
  const { module, instance } = await WebAssembly.instantiateStreaming(fetch("http://h/a.wasm"), {});
  assert.ok(module instanceof WebAssembly.Module && instance instanceof WebAssembly.Instance);
  assert.equal(asked.length, 1);
});

test("a module that is none fails the network as soon as Pyodide wants it", async () => {
  host = { "http://h/a.wasm": [CONTENT, WASM] };
  network.prefetchModule("http://h/a.wasm");
  await assert.rejects(WebAssembly.instantiateStreaming(fetch("http://h/a.wasm")), WebAssembly.CompileError);
  await assert.rejects(network.failed, WebAssembly.CompileError);
});

test("an answer stands in for a file", async () => {
  network.answer("http://h/stdlib.zip", new Response("none"));
  assert.equal(await (await fetch("http://h/stdlib.zip")).text(), "none");
  assert.deepEqual(asked, []);
});
