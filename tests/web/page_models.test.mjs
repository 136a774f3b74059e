// Models that live in the page: asked by the worker, told to stop, and never started by surprise.

import assert from "node:assert/strict";
import test from "node:test";
import { browserModel, createRuntime } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";

const QUESTION = { model: "own", messages: [{ role: "user", content: "hi" }] };

async function start(models) {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, models });
  await Promise.resolve();
  worker.ready();
  return { worker, runtime: await starting };
}

test("a model's pieces become answers, in order", async () => {
  const own = {
    async *stream(messages) {
      assert.deepEqual(messages, QUESTION.messages);
      yield* ["a", "b"];
    },
  };
  const { worker } = await start({ own });
  worker.call(1, "model", QUESTION);
  assert.deepEqual(await worker.firstPieces(3), [
    { call: 1, value: "a" },
    { call: 1, value: "b" },
    { call: 1, done: true },
  ]);
});

test("a model that embeds gives a list of numbers for each text", async () => {
  const own = {
    async embed(texts, { signal }) {
      assert.ok(signal instanceof AbortSignal);
      return texts.map((text) => new Float32Array([text.length, 0.5]));
    },
  };
  const { worker } = await start({ own, other: { stream: () => [] } });
  worker.call(1, "embed", { model: "own", texts: ["a", "bc"] });
  const value = [1, 2].map((length) => [length, 0.5]);
  assert.deepEqual(await worker.firstPieces(1), [{ call: 1, done: true, value }]);
  worker.call(2, "embed", { model: "other", texts: [] });
  assert.equal((await worker.firstPieces(2))[1].kind, "model_not_found");
});

test("half an emoji waits for the other half", async () => {
  const own = {
    async *stream() {
      yield* ["a\ud83d", "\ude00b", "\ud83d", "c", "\ud83d"];
    },
  };
  const { worker } = await start({ own });
  worker.call(1, "model", QUESTION);
  assert.deepEqual(
    (await worker.firstPieces(7)).map(({ value }) => value),
    ["a", "😀b", "", "\ud83dc", "", "\ud83d", undefined],
  );
});

test("a model that throws, and one that is not there, are errors with a kind", async () => {
  const { worker } = await start({ own: { stream: () => Promise.reject(new Error("broken")) } });
  worker.call(1, "model", QUESTION);
  worker.call(2, "model", { ...QUESTION, model: "toString" });
  const said = await worker.firstPieces(2);
  assert.deepEqual(
    said.find((answer) => answer.call === 1),
    { call: 1, error: "broken" },
  );
  assert.equal(said.find((answer) => answer.call === 2).kind, "model_not_found");
});

for (const [name, end] of [
  ["a cancel", ({ worker }) => worker.cancel(1)],
  ["dispose", ({ runtime }) => runtime.dispose()],
]) {
  test(`${name} aborts the model's signal and nothing more is said`, async () => {
    let stopped;
    const ended = new Promise((resolve) => (stopped = resolve));
    const own = {
      async *stream(_, { signal }) {
        yield "a";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        stopped();
        yield "late";
      },
    };
    const started = await start({ own });
    started.worker.call(1, "model", QUESTION);
    await started.worker.firstPieces(1);
    end(started);
    await ended;
    await new Promise(setImmediate);
    assert.equal(started.worker.pieces.length, 1);
  });
}

test("a model is asked for no more than the worker keeps up with, and what cannot be sent is an error", async () => {
  let made = 0;
  const own = {
    async *stream() {
      for (;;) yield ++made < 20 ? "x" : 1n;
    },
  };
  const { worker } = await start({ own });
  worker.call(1, "model", QUESTION);
  await worker.firstPieces(8);
  await new Promise(setImmediate);
  assert.equal(made, 8);
  worker.grant(1, 100);
  const pieces = await worker.firstPieces(20);
  assert.match(pieces[19].error, /BigInt/);
});

test("the browser's own model answers where it is ready, and is released", async (t) => {
  const log = [];
  globalThis.LanguageModel = {
    availability: async () => "available",
    create: async ({ initialPrompts }) => ({
      async *promptStreaming(prompt) {
        log.push(initialPrompts, prompt);
        yield "on device";
      },
      destroy: () => log.push("destroyed"),
    }),
  };
  t.after(() => delete globalThis.LanguageModel);
  const { worker } = await start({ own: browserModel() });
  const system = { role: "system", content: "Be brief." };
  worker.call(1, "model", { ...QUESTION, messages: [system, ...QUESTION.messages] });
  assert.deepEqual(await worker.firstPieces(2), [
    { call: 1, value: "on device" },
    { call: 1, done: true },
  ]);
  assert.deepEqual(log, [[system], "hi", "destroyed"]);
});

for (const availability of ["downloadable", "downloading", "unavailable", undefined]) {
  test(`a model of the browser that is ${availability ?? "missing"} is passed over, and no download begins`, async (t) => {
    if (availability) {
      globalThis.LanguageModel = { availability: async () => availability, create: () => assert.fail("created") };
      t.after(() => delete globalThis.LanguageModel);
    }
    const { worker } = await start({ own: browserModel() });
    worker.call(1, "model", QUESTION);
    const [answer] = await worker.firstPieces(1);
    assert.equal(answer.kind, "unsupported");
    assert.match(answer.error, new RegExp(availability ?? "missing"));
  });
}
