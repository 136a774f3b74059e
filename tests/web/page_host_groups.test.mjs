// How the driver's script in a page groups what it sends: few texts for many turns, and none of it waits without an end.

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { settle } from "./started.mjs";

/** @type {any[][]} */
const texts = [];
/** @type {(() => void)[]} Answers of the driver to texts, in their order. */
const taken = [];
/** @type {Map<string, {onEvent: (event: object) => void, end: (result: object) => void, fail: (error: Error) => void}>} */
const turns = new Map();
/** @type {Set<string>} Which events the driver's page asks for. */
const asked = new Set();

mock.timers.enable({ apis: ["setTimeout"] });
globalThis.BroadcastChannel = undefined; // an open one keeps the process of the test alive
globalThis.sparewheelPush = (text) => {
  texts.push(JSON.parse(text));
  return new Promise((resolve) => taken.push(() => resolve(undefined)));
};
globalThis.createRuntime = async () => ({
  chat: ({ messages, events }, onEvent) => {
    asked.add(events);
    return new Promise((end, fail) => turns.set(messages[0].content, { onEvent, end, fail }));
  },
});
await import("../../runtime/sparewheel/headless/page_host.js");
globalThis.sparewheelHost.boot();
await settle();

const chat = (/** @type {string} */ name, /** @type {number} */ id) => ({
  id,
  method: "chat",
  params: { session: name, messages: [{ role: "user", content: name }] },
});
const told = () => texts.splice(0).map((text) => text.map(({ type, id, session }) => id ?? session ?? type));
const take = async () => {
  taken.shift()?.();
  await settle();
};

test("outcomes of many turns go together, each after the events that it needs", async () => {
  assert.deepEqual(told(), [["ready"]]);
  await take();
  globalThis.sparewheelHost.dispatch(JSON.stringify(Array.from({ length: 9 }, (_, number) => chat(`c${number}`, number + 1))));
  await settle();
  assert.deepEqual([...asked], ["outcome"]);
  turns.get("c0")?.onEvent({ type: "usage", cost: 1 });
  turns.get("c0")?.end({ message: {} });
  await settle();
  assert.deepEqual(told(), [], "the outcome of one of nine turns waits");
  turns.get("c1")?.fail(new Error("refused"));
  await settle();
  assert.deepEqual(texts[0][0], { type: "events", session: "c0", events: [{ type: "usage", cost: 1 }] });
  assert.deepEqual(told(), [["c0", 1, 2]], "two are a quarter of the seven that still run");
});

test("what comes while the driver takes a text goes with the next one", async () => {
  for (const name of ["c2", "c3", "c4", "c5"]) turns.get(name)?.end({ message: {} });
  await settle();
  assert.deepEqual(told(), []);
  await take();
  assert.deepEqual(told(), [[3, 4, 5, 6]]);
  await take();
});

test("an outcome does not wait for turns that do not end", async () => {
  globalThis.sparewheelHost.dispatch(JSON.stringify([10, 11].map((number) => chat(`d${number}`, number))));
  await settle();
  turns.get("c6")?.end({ message: {} });
  await settle();
  assert.deepEqual(told(), [[7]], "a quarter of the four that run");
  await take();
  globalThis.sparewheelHost.dispatch(JSON.stringify([12, 13, 14].map((number) => chat(`d${number}`, number))));
  await settle();
  turns.get("c7")?.end({ message: {} });
  await settle();
  assert.deepEqual(told(), [], "one of six");
  mock.timers.tick(20);
  await settle();
  assert.deepEqual(told(), [[8]]);
});

test("a turn that the driver traces sends its events as they come", async () => {
  asked.clear();
  const traced = chat("t0", 15);
  globalThis.sparewheelHost.dispatch(JSON.stringify([{ ...traced, params: { ...traced.params, events: "all" } }]));
  await settle();
  await take();
  turns.get("t0")?.onEvent({ type: "start" });
  await settle();
  assert.deepEqual(texts.splice(0), [[{ type: "events", session: "t0", events: [{ type: "start" }] }]]);
  assert.deepEqual([...asked], ["all"]);
});
