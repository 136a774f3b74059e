// The mapper of `sparewheel/ai-sdk`: each log of events gives a stream that AI SDK 5 and 7 take, with one end.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { createUIMessageMapper, toUIMessageChunks, visible } from "../../web/adapters/ai-sdk.js";
import { fold } from "../../web/fold.js";
import { randomLog } from "./event_logs.mjs";
import { turn } from "./fake_worker.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const SDKS = { 5: await import(require.resolve("ai5")), 7: await import(require.resolve("ai7")) };
const ENDS = new Set(["finish", "error", "abort"]);
const SEEDS = Array.from({ length: Number(process.env.SPAREWHEEL_LOGS ?? 60) }, (_, seed) => seed);

/** What a chat makes of the chunks; fails as a chat does. */
async function read(version, chunks) {
  let message = { id: "", role: "assistant", parts: [] };
  const stream = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) if (chunk.type !== "error") controller.enqueue(structuredClone(chunk));
      controller.close();
    },
  });
  const onError = (error) => assert.fail(error);
  for await (const next of SDKS[version].readUIMessageStream({ stream, onError, terminateOnError: true })) message = next;
  return message;
}

async function check(version, chunks) {
  const schema = SDKS[version].asSchema(SDKS[version].uiMessageChunkSchema);
  for (const chunk of chunks) {
    const judged = await schema.validate(chunk);
    assert.ok(judged.success, `${version}: ${JSON.stringify(chunk)} ${judged.error}`);
  }
  assert.deepEqual(chunks.filter(({ type }) => ENDS.has(type)).map((chunk) => chunks.indexOf(chunk)), [chunks.length - 1]);
}

/** The text of the last step, as `fold` has it. */
function textOf(message) {
  const parts = visible(message);
  return parts.filter(({ type }) => type === "text").map(({ text }) => text).join("");
}

const stepText = (message, attempts) => textOf({ ...message, parts: message.parts.filter((part) => attempts.has(part.providerMetadata?.sparewheel?.attempt)) });

for (const version of [5, 7]) {
  test(`ai@${version}: any log is a valid stream with one end, and shows the text of the answer`, async () => {
    for (const seed of SEEDS) {
      const log = randomLog(seed);
      const chunks = toUIMessageChunks(log, { version });
      await check(version, chunks);
      const message = await read(version, chunks);
      assert.equal(message.id, `turn-${seed}`);
      const folded = fold(log);
      const last = new Set(folded.attempts.filter(({ step }) => step === folded.step).map(({ attempt }) => attempt));
      assert.equal(stepText(message, last), folded.text, `seed ${seed}`);
      for (const part of message.parts) {
        assert.ok(!["streaming", "input-streaming", "input-available", "approval-requested"].includes(part.state), `seed ${seed}: ${JSON.stringify(part)}`);
        if (part.type === "data-sparewheel-question") assert.equal(part.data.open, false);
      }
    }
  });

  test(`ai@${version}: a log that was cut anywhere is a valid stream with one end`, async () => {
    const log = randomLog(11);
    for (let length = 0; length < log.length; length++) {
      const chunks = toUIMessageChunks(log.slice(0, length), { version });
      await check(version, chunks);
      await read(version, chunks);
      assert.equal(chunks.at(-1).type, "abort");
    }
  });
}

test("ai@7: the mapper waits only where a call waits, and only until it was answered", () => {
  let waited = 0;
  for (const seed of SEEDS) {
    const mapper = createUIMessageMapper();
    const open = new Set();
    for (const event of randomLog(seed)) {
      mapper.push(event);
      if (event.type === "tool_confirmation") open.add(event.id);
      if (event.type === "tool_result") open.delete(event.id);
      if (mapper.waiting) assert.ok(open.size > 0, `seed ${seed}`);
      waited += mapper.waiting;
    }
    assert.equal(mapper.waiting, false);
  }
  assert.ok(waited > 0);
});

const START = { type: "start", agent: "root", model: "p/a" };
const ASK = (id, more = {}) => ({ type: "tool_confirmation", id, name: "look", args: "{}", ...more });
const CALL = (id, more = {}) => ({ type: "tool_call", id, name: "look", args: "{}", ...more });
const DONE = (id, more = {}) => ({ type: "tool_result", id, name: "look", output: "found", is_error: false, ...more });

function waits(...events) {
  const mapper = createUIMessageMapper();
  return turn("t", START, ...events).map((event) => (mapper.push(event), mapper.waiting)).slice(1);
}

test("ai@7: two calls are asked about in one stream", () => {
  assert.deepEqual(waits(CALL("a"), CALL("b"), ASK("a"), ASK("b")), [false, false, false, true]);
});

test("ai@7: a call that still runs keeps the stream open", () => {
  assert.deepEqual(waits(CALL("a"), CALL("b"), ASK("a"), DONE("b")), [false, false, false, true]);
});

test("ai@7: calls after an exclusive one do not keep the stream open, nor do the calls above it", () => {
  assert.deepEqual(waits(CALL("a"), CALL("b"), ASK("a", { exclusive: true })), [false, false, true]);
  assert.deepEqual(waits(CALL("a"), CALL("s", { task: "a" }), ASK("s", { task: "a" })), [false, false, true]);
  assert.deepEqual(waits(CALL("a"), CALL("b"), CALL("s", { task: "a" }), ASK("s", { task: "a" })).at(-1), false);
});

test("text that was discarded is taken back in ai@7, and marked in ai@5", async () => {
  const log = turn("t", START,
    { type: "delta", attempt: 1, index: 0, content: "void" },
    { type: "discard", attempt: 1, chars: 4 },
    { type: "fallback", from: "p/a", to: "p/b", attempt: 2, delay_ms: 0, kind: "overloaded", code: "server_error", reason: "busy" },
    { type: "delta", attempt: 2, index: 0, content: "good" },
    { type: "finish", reason: "stop", model: "p/b", message: { role: "assistant", content: "good" }, usage: null });
  const texts = (message) => message.parts.filter(({ type }) => type === "text").map(({ text }) => text);
  const seven = await read(7, toUIMessageChunks(log));
  assert.deepEqual(texts(seven), ["good"]);
  const five = await read(5, toUIMessageChunks(log, { version: 5 }));
  assert.deepEqual(texts(five), ["void", "good"]);
  assert.equal(textOf(five), "good");
  const { model, discarded, attempts } = five.metadata.sparewheel;
  assert.equal(model, "p/b");
  assert.deepEqual(discarded, [1]);
  assert.deepEqual(attempts.map(({ model, state }) => [model, state]), [["p/a", "failed"], ["p/b", "answered"]]);
});

test("text that another attempt continues stays when that one is discarded", async () => {
  const log = turn("t", START,
    { type: "delta", attempt: 1, index: 0, content: "kept " },
    { type: "retry", model: "p/a", attempt: 2, delay_ms: 0, kind: "network", code: "network_error", reason: "cut", continues: true },
    { type: "delta", attempt: 2, index: 0, content: "void" },
    { type: "discard", attempt: 2, chars: 4 },
    { type: "delta", attempt: 3, index: 0, content: "good" },
    { type: "finish", reason: "stop", model: "p/a", message: { role: "assistant", content: "kept good" }, usage: null });
  const message = await read(7, toUIMessageChunks(log));
  assert.equal(message.parts.filter(({ type }) => type === "text").map(({ text }) => text).join(""), "kept good");
});
