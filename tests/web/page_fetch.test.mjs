// The page's own fetch: it makes the worker's requests, and is asked for no more than the worker reads.

import assert from "node:assert/strict";
import test from "node:test";
import { createRuntime } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";
import { settle } from "./started.mjs";

const ASKED = { url: "https://h/v1", method: "POST", headers: { authorization: "Bearer k" }, redirect: "error", body: "{}" };

async function start(fetch) {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, fetch });
  await Promise.resolve();
  worker.ready();
  return { worker, runtime: await starting };
}

/** A runtime whose worker has asked for one answer. */
async function asking(fetch, asked = ASKED) {
  const started = await start(fetch);
  started.worker.call(1, "fetch", asked);
  await settle();
  return started;
}

const bytes = (pieces) => Buffer.concat(pieces.flatMap((piece) => (piece.bytes ? [Buffer.from(piece.bytes, "base64")] : [])));

/** A body that makes a piece whenever it is asked for one, and notes what becomes of it. */
function endless() {
  const log = { made: 0, cancelled: false };
  const body = new ReadableStream(
    {
      pull: (controller) => controller.enqueue(Uint8Array.of(log.made++)),
      cancel: () => void (log.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { body, log };
}

test("without the option, the worker makes its requests itself", async () => {
  const { worker } = await start(undefined);
  assert.equal(worker.commands("use_page_fetch").length, 0);
});

test("the function gets the request as fetch takes it, and its Response goes to the worker piece by piece", async () => {
  const calls = [];
  const pieces = [Uint8Array.from({ length: 256 }, (_, byte) => byte), new Uint8Array(100_000).fill(0xe4), new Uint8Array(0)];
  const { worker } = await asking(function (...args) {
    calls.push([this, ...args]);
    return new Response(ReadableStream.from(pieces), { status: 201, headers: { "X-One": "1" } });
  });
  assert.deepEqual(worker.posted[1].method, "use_page_fetch");
  const [[self, url, { signal, ...init }]] = calls;
  assert.deepEqual([self, url, init], [undefined, "https://h/v1", { method: "POST", headers: ASKED.headers, redirect: "error", body: "{}" }]);
  assert.equal(signal.aborted, false);
  const [head, ...rest] = worker.pieces;
  assert.deepEqual(head, { call: 1, value: { status: 201, url: "", headers: { "x-one": "1" } } });
  assert.deepEqual(rest.at(-1), { call: 1, done: true });
  assert.equal(rest.length, pieces.length + 1);
  assert.deepEqual(bytes(rest), Buffer.concat(pieces));
});

test("a request without a body has none, and an answer may have none", async () => {
  const { body: _, ...get } = { ...ASKED, method: "GET" };
  const { worker } = await asking(async (_url, init) => {
    assert.ok(!("body" in init));
    return new Response(null, { status: 204 });
  }, get);
  assert.deepEqual(worker.pieces, [{ call: 1, value: { status: 204, url: "", headers: {} } }, { call: 1, done: true }]);
});

test("where redirects were followed, the worker learns where to", async () => {
  const response = new Response("");
  Object.defineProperties(response, { redirected: { value: true }, url: { value: "https://elsewhere/" } });
  const { worker } = await asking(async () => response);
  assert.equal(worker.pieces[0].value.url, "https://elsewhere/");
});

test("no more is read than the worker keeps up with", async () => {
  const { body, log } = endless();
  const { worker } = await asking(async () => new Response(body));
  assert.equal(log.made, 7); // the head is a piece too
  for (const [granted, made] of [[1, 8], [4, 12], [2, 14]]) {
    worker.grant(1, granted);
    await settle();
    assert.equal(log.made, made);
  }
  worker.grant(2, 8); // another call's
  await settle();
  assert.deepEqual([...bytes(worker.pieces)], Array.from({ length: 14 }, (_, number) => number));
});

for (const [name, end] of [
  ["a cancel", ({ worker }) => worker.cancel(1)],
  ["dispose", ({ runtime }) => runtime.dispose()],
]) {
  test(`${name} aborts the signal at once, cancels the body, and nothing more is said`, async () => {
    const { body, log } = endless();
    let signal;
    const started = await asking(async (_, init) => ((signal = init.signal), new Response(body)));
    const before = started.worker.pieces.length;
    end(started);
    await settle();
    assert.ok(signal.aborted);
    assert.ok(log.cancelled);
    assert.equal(started.worker.pieces.length, before);
  });
}

test("a body that may not have ended has a moment for its end", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { body, log } = endless();
  let signal;
  const { worker } = await asking(async (_, init) => ((signal = init.signal), new Response(body)));
  const before = worker.pieces.length;
  worker.cancel(1, true);
  worker.grant(1, 8);
  t.mock.timers.tick(999);
  await settle();
  assert.deepEqual([signal.aborted, log.cancelled], [false, false]);
  t.mock.timers.tick(1);
  await settle();
  assert.deepEqual([signal.aborted, log.cancelled], [true, true]);
  assert.equal(worker.pieces.length, before);
});

test("a Response that comes too late is let go", async () => {
  const { body, log } = endless();
  let answer;
  const { worker } = await asking(() => new Promise((resolve) => (answer = resolve)));
  worker.cancel(1);
  answer(new Response(body));
  await settle();
  assert.ok(log.cancelled);
  assert.deepEqual(worker.pieces, []);
});

const broken = () => ReadableStream.from((async function* () {
  yield Uint8Array.of(1);
  throw new TypeError("network error");
})());
for (const [what, fetch, error, before] of [
  ["throws", () => { throw new TypeError("no proxy"); }, "TypeError: no proxy", 0],
  ["rejects", async () => { throw new RangeError("no proxy"); }, "RangeError: no proxy", 0],
  ["returns nothing", () => undefined, "TypeError: the page's fetch returned no Response", 0],
  ["returns text", async () => "text", "TypeError: the page's fetch returned no Response", 0],
  ["returns what cannot be read", async () => Response.error(), /that cannot be read \(error\)/, 0],
  ["returns what was read already", async () => { const r = new Response("x"); r.body.getReader(); return r; }, /lock/, 0],
  ["has a body of texts", async () => new Response(ReadableStream.from(["text"])), /pieces that are not bytes/, 1],
  ["has a body that breaks", async () => new Response(broken()), "TypeError: network error", 2],
]) {
  test(`a function that ${what} is one error`, async () => {
    const { worker } = await asking(fetch);
    const answers = worker.pieces;
    assert.equal(answers.length, before + 1);
    const last = answers.at(-1);
    assert.deepEqual(Object.keys(last), ["call", "error"]);
    if (typeof error === "string") assert.equal(last.error, error);
    else assert.match(last.error, error);
  });
}

test("what is no function is refused", async () => {
  const message = "createRuntime: fetch must be a function";
  await assert.rejects(createRuntime({ fetch: "https://proxy/" }), { name: "SparewheelError", kind: "config", message });
  await assert.rejects(createRuntime({ proxy: "https://proxy/" }), { message: /"proxy" \(did you mean "fetch"\?\)/ });
});
