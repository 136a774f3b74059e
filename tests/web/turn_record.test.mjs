// A turn whose worker cannot end it: its blocks and calls are ended by the page, and nothing that was shown is lost.

import assert from "node:assert/strict";
import test from "node:test";
import { TurnRecord } from "../../web/client/turn-record.js";
import { createRuntime, fold, SparewheelError } from "../../web/sparewheel.js";
import { FakeWorker, FINISH, turn } from "./fake_worker.mjs";

const FAILED = new SparewheelError({ message: "the worker has died: x", hint: "Again.", retryable: true });
const START = { type: "start", agent: "root", model: "a/b" };
const USAGE = { input_tokens: 1, output_tokens: 2, cached_tokens: null, written_tokens: null, reasoning_tokens: null };

const block = (index, kind, more) => ({ type: "block_start", agent: "root", attempt: 1, index, kind, ...more });
const text = (index, content, more) => ({ type: "delta", agent: "root", attempt: 1, index, content, ...more });
const thought = (index, reasoning) => ({ type: "delta", agent: "root", attempt: 1, index, reasoning });
const piece = (index, id, args) => ({
  type: "tool_call_delta",
  agent: "root",
  attempt: 1,
  index,
  id,
  name: "look",
  arguments: args,
});
const called = (id, more) => ({ type: "tool_call", agent: "root", id, name: "look", args: "{}", ...more });

function ended(events, stopped = null, size = events.length) {
  const record = new TurnRecord();
  for (let at = 0; at < events.length; at += size) record.add(events.slice(at, at + size));
  const ending = record.ending(stopped, FAILED);
  assert.deepEqual(
    ending.map(({ turn, seq }) => [turn, seq]),
    ending.map((_, at) => ["t1", events.length + at + 1]),
  );
  const last = ending.at(-1);
  const message = last.type === "error" ? last.partial_message : last.message;
  if (message) assert.deepEqual(fold([...events, ...ending]).message, message);
  return ending;
}

test("open blocks are closed with what they hold, and the terminal event has the partial message", () => {
  const events = turn(
    "t1",
    START,
    block(0, "reasoning"),
    thought(0, "hm "),
    thought(0, "hm"),
    { type: "block_end", agent: "root", attempt: 1, index: 0, kind: "reasoning", content: "hm hm" },
    block(1, "text"),
    text(1, "Hel"),
    text(1, "lo"),
    block(2, "tool_call", { id: "c1", name: "look" }),
    piece(2, "c1", "{}"),
    block(3, "tool_call", { id: "c2", name: "look" }),
    piece(3, "c2", '{"a"'),
    piece(3, "c2", ": "),
  );
  const [first, second, third, last, ...more] = ended(events);
  assert.deepEqual(more, []);
  assert.deepEqual(first, {
    type: "block_end",
    turn: "t1",
    seq: 14,
    agent: "root",
    attempt: 1,
    index: 1,
    kind: "text",
    content: "Hello",
  });
  assert.deepEqual([second.id, second.content, third.id, third.content], ["c1", "{}", "c2", '{"a": ']);
  assert.deepEqual(last, {
    type: "error",
    turn: "t1",
    seq: 17,
    agent: "root",
    kind: "internal",
    code: "unknown",
    message: FAILED.message,
    hint: "Again.",
    retryable: true,
    attempts: [],
    usage: null,
    partial_message: {
      role: "assistant",
      content: "Hello",
      reasoning: "hm hm",
      tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
    },
  });
});

test("each announced call gets a result, a sub-agent's too", () => {
  const done = { type: "tool_result", agent: "root", id: "c1", name: "look", output: "seen", is_error: false };
  const usage = { type: "usage", agent: "root", attempt: 1, model: "a/b", ...USAGE, discarded: false };
  const events = turn(
    "t1",
    START,
    text(0, "Let me see."),
    usage,
    called("c1"),
    called("c2"),
    done,
    called("c1", { task: "c2", agent: "helper" }),
    block(0, "text", { task: "c2", agent: "helper", attempt: 2 }),
  );
  const [open, result, inner, last] = ended(events, "user");
  assert.deepEqual([open.type, open.task, open.agent], ["block_end", "c2", "helper"]);
  assert.deepEqual([result.type, result.id, result.task, result.is_error], ["tool_result", "c2", undefined, true]);
  assert.deepEqual([inner.type, inner.id, inner.task, inner.agent], ["tool_result", "c1", "c2", "helper"]);
  assert.match(result.output, /interrupted/);
  assert.deepEqual([last.type, last.reason, last.partial, last.usage], ["aborted", "user", "Let me see.", USAGE]);
  assert.deepEqual(
    last.message.tool_calls.map(({ id }) => id),
    ["c1", "c2"],
  );
});

test("what was discarded is no part of it, nor is an earlier step", () => {
  const step = { type: "step", agent: "root", step: 2, model: "a/b" };
  const [last] = ended(
    turn("t1", START, text(0, "One"), step, text(0, "Two"), { type: "discard", agent: "root", attempt: 1, chars: 3 }),
    "user",
  );
  assert.deepEqual([last.partial, last.message], ["", null]);
});

test("a long answer is kept as text, whatever the batches are", () => {
  for (const size of [1, 7, 5000]) {
    const words = Array.from({ length: 9000 }, (_, number) => text(1, `${number} `));
    const events = turn("t1", START, block(1, "text"), ...words);
    const [end, last] = ended(events, "dispose", size);
    assert.equal(end.content, words.map(({ content }) => content).join(""));
    assert.equal(last.partial, end.content);
  }
});

test("the events that are handed out are not changed", () => {
  const events = turn("t1", START, text(0, "a"), text(0, "b"), text(0, "c"));
  const before = structuredClone(events);
  ended(events);
  assert.deepEqual(events, before);
});

test("a listener that ends the worker gets the rest of its batch before the end", async () => {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker });
  await Promise.resolve();
  worker.ready();
  const runtime = await starting;
  const heard = [];
  const creating = runtime.createSession({ yaml: "y" }, (event) => {
    heard.push(event);
    if (event.content === "a") runtime.dispose();
  });
  worker.reply(await worker.command("create_session"), { agent: "root", models: [], agents: [], commands: {} });
  const rejected = assert.rejects((await creating).send("hi"), { kind: "aborted" });
  await worker.command("send");
  worker.events("s1", ...turn("t1", START, text(0, "a"), text(0, "b")));
  await rejected;
  assert.deepEqual(
    heard.map(({ type, seq }) => [type, seq]),
    [
      ["start", 1],
      ["delta", 2],
      ["delta", 3],
      ["aborted", 4],
    ],
  );
  assert.equal(heard.at(-1).partial, "ab");
  worker.events("s1", ...turn("t1", FINISH));
  assert.equal(heard.length, 4);
});
