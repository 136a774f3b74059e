// What runtimes of one origin tell each other, over a channel that the test plays.

import assert from "node:assert/strict";
import test from "node:test";
import { startRuntime, settle } from "./started.mjs";

/** One channel between all that are open, as in browsers; what was said is kept. */
class Channel extends EventTarget {
  static open = new Set();
  static said = [];

  constructor() {
    super();
    Channel.open.add(this);
  }

  postMessage(data) {
    Channel.said.push(data);
    for (const other of Channel.open) {
      if (other !== this) other.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
    }
  }

  close() {
    Channel.open.delete(this);
  }
}

test.beforeEach(() => {
  Channel.open.clear();
  Channel.said = [];
  globalThis.BroadcastChannel = Channel;
  globalThis.document = { baseURI: "https://host.example/" };
});
test.afterEach(() => delete globalThis.document);

const ENTRY = { name: "model m", seconds: 5, kind: "rate_limit", told: true };
const learnt = (worker) => worker.commands("health").map(({ params }) => params.entry);

test("what one learns the others are told", async () => {
  const [one, two] = [await startRuntime(), await startRuntime()];
  one.worker.say(JSON.stringify({ type: "health", entry: ENTRY }));
  await settle();
  assert.deepEqual([learnt(one.worker), learnt(two.worker)], [[], [ENTRY]]);
});

test("one that starts later asks, and it alone is told what the others know", async () => {
  const [one, two] = [await startRuntime(), await startRuntime()];
  const three = await startRuntime();
  one.worker.reply(one.worker.commands("known_health").at(-1), [ENTRY]);
  two.worker.reply(two.worker.commands("known_health").at(-1), []);
  await settle();
  assert.deepEqual([learnt(one.worker), learnt(two.worker), learnt(three.worker)], [[], [], [ENTRY]]);
  assert.equal(Channel.said.filter((data) => data.entries).length, 1); // who knows nothing says nothing
});

test("a runtime that has ended says nothing", async () => {
  const one = await startRuntime();
  await startRuntime();
  const asked = one.worker.commands("known_health").length;
  assert.equal(asked, 1);
  one.runtime.dispose();
  await settle();
  const before = Channel.said.length;
  await startRuntime();
  assert.deepEqual(Object.keys(Channel.said.at(-1)), ["ask"]);
  assert.equal(Channel.said.length, before + 1);
  assert.equal(one.worker.commands("known_health").length, asked);
});

test("the worker learns that the network is gone, and that it is back", async () => {
  const page = new EventTarget();
  const known = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const { addEventListener } = globalThis;
  globalThis.addEventListener = (...args) => page.addEventListener(...args);
  Object.defineProperty(globalThis, "navigator", { value: { onLine: false }, configurable: true });
  try {
    const { worker, runtime } = await startRuntime();
    const changes = () => worker.posted.map(({ method }) => method).filter((method) => /^(on|off)line$/.test(method));
    await settle();
    assert.deepEqual(changes(), ["offline"]);
    page.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("offline"));
    await settle();
    assert.deepEqual(changes(), ["offline", "online", "offline"]);
    runtime.dispose();
    await settle();
    page.dispatchEvent(new Event("online"));
    assert.equal(changes().length, 3);
  } finally {
    globalThis.addEventListener = addEventListener;
    if (known) Object.defineProperty(globalThis, "navigator", known);
    else delete globalThis.navigator;
  }
});
