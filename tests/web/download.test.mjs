// Fetching our own files: compressed on either kind of host, verified, ready before Pyodide asks.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import test, { afterEach, beforeEach, mock } from "node:test";
import { downloadIntact } from "../../web/assets/download.js";
import { integrity, sha256 as hashOf } from "../../web/assets/sha256.js";
import { workerHost } from "../../web/assets/worker-host.js";

const CONTENT = Buffer.from("the bytes of a snapshot");
const EMPTY_MODULE = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const WASM = { "content-type": "application/wasm" };
const sha256Of = (content) => createHash("sha256").update(content).digest("hex");
const sha256 = sha256Of(CONTENT);
const FILE = { url: "http://h/s.bin", size: CONTENT.length, sha256 };
const MODULE = { url: "http://h/a.wasm", sha256: sha256Of(EMPTY_MODULE) };
const WHEEL = { url: "http://h/a.whl", sha256 };
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
let modes;

beforeEach(async () => {
  asked = [];
  host = {};
  modes = [];
  fetching = mock.method(globalThis, "fetch", async (url, init) => {
    asked.push(String(url));
    modes.push(init?.cache ?? "default");
    const [body, headers = {}, fresh = body] = host[String(url)] ?? [];
    const sent = init?.cache === "reload" ? fresh : body; // the first of them is what a cache has
    if (init?.integrity && sent && init.integrity !== integrity(sha256Of(sent))) throw new TypeError("Failed to fetch");
    return sent ? new Response(sent, { headers }) : new Response("", { status: 404 });
  });
  await readLock({});
  network = workerHost.watchNetwork(() => {});
});
afterEach(() => {
  network.stop();
  fetching.mock.restore();
});

/** The lock file is read first; its headers tell whether the host encodes. */
const readLock = async (headers) => {
  host["http://h/lock.json"] = [CONTENT, headers];
  await workerHost.read("http://h/lock.json");
  asked.length = modes.length = 0;
};
const BROTLI = { "content-encoding": "br" };
const HTML = { "content-type": "text/html; charset=utf-8" };
const PAGE = Buffer.from("<!doctype html>");

test("a host that compresses better than gzip does is asked for the file itself", async () => {
  host = { "http://h/s.bin": [CONTENT, BROTLI] };
  await readLock(BROTLI);
  assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
  assert.deepEqual(asked, ["http://h/s.bin"]);
});

for (const [what, headers] of [["nothing", {}], ["with gzip", { "content-encoding": "gzip" }]]) {
  test(`a host that encodes ${what} is asked for the compressed file`, async () => {
    host = { "http://h/s.bin": [CONTENT], "http://h/s.bin.gz": [gzipSync(CONTENT)] };
    await readLock(headers);
    assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
    assert.deepEqual(asked, ["http://h/s.bin.gz"]);
  });
}

test("a compressed file that the browser has unpacked already is taken as it is", async () => {
  host = { "http://h/s.bin.gz": [CONTENT, { "content-encoding": "gzip" }] };
  assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
});

test("a compressed file that arrives byte by byte is recognized", async () => {
  const packed = gzipSync(CONTENT);
  const bytes = new ReadableStream({
    start(controller) {
      for (const byte of packed) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  fetching.mock.mockImplementation(async () => new Response(bytes));
  assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
});

for (const [what, gone] of [["missing", []], ["a page of the host", [PAGE, HTML]], ["empty", [Buffer.alloc(0)]]]) {
  test(`if one form is ${what}, the other one is taken`, async () => {
    host = { "http://h/s.bin": [CONTENT], "http://h/s.bin.gz": gone };
    assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
    await readLock(BROTLI);
    assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT, "the file itself, not encoded");
    host = { "http://h/s.bin": gone, "http://h/s.bin.gz": [gzipSync(CONTENT)] };
    assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
    host = { "http://h/s.bin": gone, "http://h/s.bin.gz": gone };
    await assert.rejects(network.bytes(FILE), { message: /http:\/\/h\/s\.bin/, hint: /the whole of dist/ });
  });
}

test("a page of the host that is encoded is not taken for the file", async () => {
  host = { "http://h/s.bin": [PAGE, { ...HTML, ...BROTLI }], "http://h/s.bin.gz": [gzipSync(CONTENT)] };
  await readLock(BROTLI);
  assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
});

test("the MIME type of a module does not matter", async () => {
  const text = { "content-type": "text/plain" };
  for (const files of [{ [MODULE.url]: [EMPTY_MODULE, text] }, { [`${MODULE.url}.gz`]: [gzipSync(EMPTY_MODULE), text] }]) {
    host = files;
    assert.ok((await network.compile(MODULE)) instanceof WebAssembly.Module);
  }
});

test("a compressed file that is damaged is a fault", async () => {
  const damaged = gzipSync(CONTENT);
  damaged[12] ^= 0xff;
  host["http://h/s.bin.gz"] = [damaged];
  await assert.rejects(network.bytes(FILE), /s\.bin is not the file/);
  host["http://h/s.bin.gz"] = [damaged, {}, gzipSync(CONTENT)];
  assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
});

for (const [what, content] of [
  ["one byte different", Buffer.from("the bytes of A snapshot")],
  ["cut off", CONTENT.subarray(0, -1)],
  ["too long", Buffer.concat([CONTENT, Buffer.from("!")])],
]) {
  test(`a file that is ${what} is refused`, async () => {
    for (const body of [() => content, () => notOfBytes(content)]) {
      const open = async () => new Response(body());
      await assert.rejects(downloadIntact(FILE, open, () => {}), /s\.bin is not the file .* sha256/);
    }
  });
}

for (const [kind, body] of [["read into their place", bytesInTwo], ["copied there", notOfBytes]]) {
  test(`what arrives in parts is whole, and told: ${kind}`, async () => {
    const told = [];
    const open = async () => new Response(body(CONTENT));
    assert.deepEqual(Buffer.from(await downloadIntact(FILE, open, (...bytes) => told.push(bytes))), CONTENT);
    assert.deepEqual(told, [[5, CONTENT.length], [CONTENT.length, CONTENT.length]]);
  });
}

/** With these responses in the service worker's cache, by URL. Tells what was dropped from it. */
async function withCache(stored, use) {
  const dropped = [];
  const cache = { delete: async (url) => (dropped.push(url), delete stored[url]) };
  globalThis.caches = { match: async (url) => stored[url]?.clone(), keys: async () => ["c"], open: async () => cache };
  try {
    await use();
  } finally {
    delete globalThis.caches;
  }
  return dropped;
}

test("what the service worker keeps is taken from there", async () => {
  await readLock(BROTLI);
  await withCache({ [FILE.url]: new Response(CONTENT, IDENTITY) }, async () => {
    assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
    host = { [MODULE.url]: [EMPTY_MODULE, { ...WASM, "content-encoding": "br" }] };
    assert.ok((await network.compile(MODULE)) instanceof WebAssembly.Module);
  });
  assert.deepEqual(asked, [MODULE.url]);
});

test("what it keeps as another kind of file is not taken", async () => {
  await readLock(BROTLI);
  await withCache({ [MODULE.url]: new Response("other", IDENTITY) }, async () => {
    host = { [MODULE.url]: [EMPTY_MODULE, { ...WASM, "content-encoding": "br" }] };
    assert.ok((await network.compile(MODULE)) instanceof WebAssembly.Module);
  });
});

test("what it keeps damaged is dropped, and fetched once, past the browser's cache", async () => {
  const encoded = BROTLI;
  await readLock(BROTLI);
  const other = new Uint8Array([...EMPTY_MODULE, 0, 2, 1, 65]); // a module, too
  const cached = { [FILE.url]: new Response("no snapshot at all yet", IDENTITY), [MODULE.url]: new Response(other, { headers: { ...WASM, ...encoded } }) };
  const dropped = await withCache(cached, async () => {
    host = { [FILE.url]: [CONTENT, encoded], [MODULE.url]: [EMPTY_MODULE, { ...WASM, ...encoded }] };
    assert.deepEqual(Buffer.from(await network.bytes(FILE)), CONTENT);
    assert.ok((await network.compile(MODULE)) instanceof WebAssembly.Module);
  });
  assert.deepEqual([dropped, asked, modes], [[FILE.url, MODULE.url], [FILE.url, MODULE.url], ["reload", "reload"]]);
});

test("a module that is another one is refused although it can be compiled, and after one more try", async () => {
  await readLock(BROTLI);
  const other = new Uint8Array([...EMPTY_MODULE, 0, 2, 1, 65]);
  host = { [MODULE.url]: [other, { ...WASM, "content-encoding": "br" }] };
  await assert.rejects(network.compile(MODULE), { message: /a\.wasm is not the file/, hint: /at once/, url: MODULE.url });
  assert.deepEqual(modes, ["default", "reload"]);
});

test("a script is verified before it is imported", async () => {
  const script = { url: "http://h/p.mjs", sha256 };
  host = { [script.url]: [CONTENT, { "content-type": "text/javascript" }] };
  await network.script(script);
  host[script.url] = ["other", { "content-type": "text/javascript" }, CONTENT];
  await network.script(script); // only the cache had another one
  host[script.url] = ["other", { "content-type": "text/javascript" }];
  await assert.rejects(network.script(script), /p\.mjs is not the file .* sha256/);
});

test("a script that no cache keeps is imported from the copy that was verified, unless a policy may forbid it", async () => {
  const type = { "content-type": "text/javascript" };
  const addresses = [];
  for (const [origin, headers] of [
    ["http://h", {}],
    ["http://h", { "cache-control": "no-store", etag: "1" }],
    ["http://h", { "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" }],
    ["http://h", { "content-security-policy": "script-src 'self'" }],
    ["http://other", {}],
    ["http://other", { "cache-control": "max-age=60" }],
  ]) {
    const script = { url: `${origin}/p.mjs`, sha256 };
    host = { [script.url]: [CONTENT, { ...type, ...headers }] };
    addresses.push(new URL(await network.script(script, { copied: true })).protocol);
    assert.equal(await network.script(script), script.url);
  }
  assert.deepEqual(addresses, ["blob:", "blob:", "http:", "http:", "blob:", "http:"]);
});

test("pages that are not served safely have a SHA-256 as well", async () => {
  const subtle = mock.getter(crypto, "subtle", () => undefined);
  try {
    for (const bytes of [new Uint8Array(), new Uint8Array(CONTENT)]) assert.equal(await hashOf(bytes), sha256Of(bytes));
  } finally {
    subtle.mock.restore();
  }
});

test("Pyodide gets what was fetched before it asked, once", async () => {
  host = { [WHEEL.url]: [CONTENT] };
  await network.prefetch(WHEEL);
  assert.deepEqual(asked, [WHEEL.url]);
  assert.equal(integrity(sha256), `sha256-${createHash("sha256").update(CONTENT).digest("base64")}`);
  assert.deepEqual(Buffer.from(await (await fetch(new URL(WHEEL.url))).arrayBuffer()), CONTENT);
  assert.equal(asked.length, 1);
  await fetch(WHEEL.url);
  assert.equal(asked.length, 2);
});

test("a file that could not be fetched fails the network when Pyodide asks for it, not before", async () => {
  await assert.rejects(network.prefetch(WHEEL), /404/);
  network.prefetchModule(MODULE);
  await new Promise(setImmediate);
  assert.equal(await Promise.race([network.failed, Promise.resolve("quiet")]), "quiet");
  await assert.rejects(fetch(WHEEL.url), /404/);
  await assert.rejects(network.failed, /404 for http:\/\/h\/a\.whl/);
});

test("a module is compiled while it is fetched, and instantiated when Pyodide asks", async () => {
  host = { "http://h/a.wasm.gz": [gzipSync(EMPTY_MODULE)] };
  network.prefetchModule(MODULE, { counted: true });
  const { module, instance } = await WebAssembly.instantiateStreaming(fetch("http://h/a.wasm"), {});
  assert.ok(module instanceof WebAssembly.Module && instance instanceof WebAssembly.Instance);
  assert.equal(asked.length, 1);
});

test("a module that is none fails the network as soon as Pyodide wants it", async () => {
  host = { "http://h/a.wasm": [CONTENT, WASM] };
  network.prefetchModule({ ...MODULE, sha256 }, { counted: true });
  await assert.rejects(WebAssembly.instantiateStreaming(fetch("http://h/a.wasm")), WebAssembly.CompileError);
  await assert.rejects(network.failed, WebAssembly.CompileError);
});

test("an answer stands in for a file", async () => {
  network.answer("http://h/stdlib.zip", new Response("none"));
  assert.equal(await (await fetch("http://h/stdlib.zip")).text(), "none");
  assert.deepEqual(asked, []);
});
