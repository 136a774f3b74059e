// Models that live in the page: asked by the worker, told to stop, and never started by surprise.

import assert from "node:assert/strict";
import test from "node:test";
import { browserModel, createRuntime } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";

const QUESTION = { type: "model_request", request: 1, model: "own", messages: [{ role: "user", content: "hi" }] };

async function start(models) {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, models });
  await Promise.resolve();
  worker.ready();
  return { worker, runtime: await starting };
}

async function answers(worker, count) {
  await worker.command("model_answer", count - 1);
  return worker.commands("model_answer").map(({ params }) => params);
}

test("a model's pieces become answers, in order", async () => {
  const own = {
    async *stream(messages) {
      assert.deepEqual(messages, QUESTION.messages);
      yield* ["a", "b"];
    },
  };
  const { worker } = await start({ own });
  worker.say(JSON.stringify(QUESTION));
  assert.deepEqual(await answers(worker, 3), [
    { request: 1, text: "a" },
    { request: 1, text: "b" },
    { request: 1, done: true },
  ]);
});

test("a model that throws, and one that is not there, are errors with a kind", async () => {
  const { worker } = await start({ own: { stream: () => Promise.reject(new Error("broken")) } });
  worker.say(JSON.stringify(QUESTION));
  worker.say(JSON.stringify({ ...QUESTION, request: 2, model: "toString" }));
  const said = await answers(worker, 2);
  assert.deepEqual(said.find((answer) => answer.request === 1), { request: 1, error: "broken" });
  assert.equal(said.find((answer) => answer.request === 2).kind, "model_not_found");
});

for (const [name, end] of [
  ["a cancel", ({ worker }) => worker.say(JSON.stringify({ type: "model_cancel", request: 1 }))],
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
    started.worker.say(JSON.stringify(QUESTION));
    await answers(started.worker, 1);
    end(started);
    await ended;
    await new Promise(setImmediate);
    assert.equal(started.worker.commands("model_answer").length, 1);
  });
}

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
  worker.say(JSON.stringify({ ...QUESTION, messages: [system, ...QUESTION.messages] }));
  assert.deepEqual(await answers(worker, 2), [
    { request: 1, text: "on device" },
    { request: 1, done: true },
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
    worker.say(JSON.stringify(QUESTION));
    const [answer] = await answers(worker, 1);
    assert.equal(answer.kind, "unsupported");
    assert.match(answer.error, new RegExp(availability ?? "missing"));
  });
}
