// How a worker watches what Pyodide fetches.

import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";
import { workerHost } from "../../web/assets/worker-host.js";

const WASM = { "content-type": "application/wasm" };
let fetching;
let answers;

beforeEach(() => {
  answers = [];
  fetching = mock.method(globalThis, "fetch", async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => fetching.mock.restore());

test("the check passes where WebAssembly may run", () => workerHost.check());

test("the check names the directive where it may not", () => {
  const blocked = mock.method(WebAssembly, "Module", function () {
    throw new WebAssembly.CompileError("blocked by CSP");
  });
  try {
    assert.throws(() => workerHost.check(), { message: /Content-Security-Policy/, hint: /'wasm-unsafe-eval'/ });
  } finally {
    blocked.mock.restore();
  }
});

test("bytes are counted and passed on as they are", async () => {
  const seen = [];
  const network = workerHost.watchNetwork((done, total) => seen.push([done, total]));
  answers.push(new Response(new Uint8Array([1, 2, 3]), { headers: { ...WASM, "content-length": "3" } }));
  const response = await fetch("http://h/a.wasm");
  assert.equal(response.headers.get("content-type"), "application/wasm");
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [1, 2, 3]);
  assert.deepEqual(seen, [[3, 3]]);
  answers.push(new Response(new Uint8Array([4]), { headers: { ...WASM, "content-length": "1", "content-encoding": "br" } }));
  await (await fetch("http://h/b.wasm")).arrayBuffer();
  assert.deepEqual(seen.at(-1), [4, undefined]);
  network.stop();
});

test("after stop, everything is as it was", () => {
  const before = [globalThis.fetch, WebAssembly.instantiateStreaming];
  const network = workerHost.watchNetwork(() => {});
  assert.notEqual(globalThis.fetch, before[0]);
  assert.notEqual(WebAssembly.instantiateStreaming, before[1]);
  network.stop();
  assert.deepEqual([globalThis.fetch, WebAssembly.instantiateStreaming], before);
});

test("a module that can not be compiled fails the network", async () => {
  const network = workerHost.watchNetwork(() => {});
  const damaged = new Response(new Uint8Array([1, 2, 3]), { headers: WASM });
  await assert.rejects(WebAssembly.instantiateStreaming(damaged), WebAssembly.CompileError);
  await assert.rejects(network.failed, WebAssembly.CompileError);
  network.stop();
});

for (const [what, given, init, message, hint] of [
  ["a missing file", [new Response("", { status: 404 })], {}, /404 for http:\/\/h\/a\.wasm/, /dist\//],
  ["a wrong type", [new Response("", { headers: { "content-type": "text/plain" } })], {}, /must be application\/wasm/, /MIME/],
  ["no network", [new TypeError("Failed to fetch"), new TypeError("Failed to fetch")], {}, /could not be fetched/, /connect-src/],
  ["another file", [new TypeError("Failed to fetch"), new Response("", { headers: WASM })], { integrity: "sha256-x" }, /sha256/, /at once/],
]) {
  test(`${what} fails the network and the fetch`, async () => {
    const network = workerHost.watchNetwork(() => {});
    answers.push(...given);
    await assert.rejects(fetch("http://h/a.wasm", init), { message, hint });
    await assert.rejects(network.failed, { message, hint });
    network.stop();
  });
}

test("a file that is there but did not load keeps the browser's own words", async () => {
  const network = workerHost.watchNetwork(() => {});
  answers.push(new TypeError("Failed to fetch"), new Response("", { headers: WASM }));
  await assert.rejects(fetch("http://h/a.wasm"), { message: "Failed to fetch" });
  await assert.rejects(network.failed, { message: "Failed to fetch" });
  network.stop();
});
