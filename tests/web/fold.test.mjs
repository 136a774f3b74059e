// The reducer: what the events of a turn come to.

import assert from "node:assert/strict";
import test from "node:test";
import { createTranscript, fold } from "../../web/fold.js";
import { ABORTED, ERROR, fallback, FINISH, HELLO, retry, START, turn } from "./fake_worker.mjs";

const usage = (attempt, input_tokens, output_tokens, more = {}) => ({
  type: "usage", attempt, model: "demo/hello", input_tokens, output_tokens, cached_tokens: null, written_tokens: null, reasoning_tokens: null,
  context_length: null, context_limit: null, cost: null, discarded: false, ...more,
});
const totals = (input_tokens, output_tokens) => ({ input_tokens, output_tokens, cached_tokens: null, written_tokens: null, reasoning_tokens: null });

test("nothing yet", () => {
  assert.deepEqual(fold([]), {
    turn: null, agent: null, model: null, status: "idle", step: 1, message: { role: "assistant", content: "" },
    text: "", reasoning: "", toolCalls: [], media: [], annotations: [], attempts: [], usage: null, cost: null,
    finish_reason: null, error: null, started_at: null, ended_at: null,
  });
});

test("a plain turn", () => {
  const thought = { type: "delta", attempt: 1, index: 0, reasoning: "hm" };
  const rest = { type: "delta", attempt: 1, index: 1, content: " there" };
  assert.deepEqual(fold(turn("t1", START, thought, HELLO, rest, usage(1, 3, 2), FINISH)), {
    turn: "t1", agent: "root", model: "demo/hello", status: "finished", step: 1,
    message: { role: "assistant", content: "Hello there", reasoning: "hm" }, text: "Hello there", reasoning: "hm", toolCalls: [], media: [], annotations: [],
    attempts: [{
      attempt: 1, model: "demo/hello", step: 1, state: "answered", reason: "", kind: null, discarded: false, discarded_output: null,
      usage: totals(3, 2), cost: null, asked_at: null, first_at: null, ended_at: null,
    }],
    usage: totals(3, 2), cost: null, finish_reason: "stop", error: null, started_at: null, ended_at: null,
  });
});

test("what was discarded is void; each attempt says what became of it", () => {
  const folded = fold(turn("t1",
    { ...START, model: "demo/drops-midway" }, HELLO, { type: "discard", attempt: 1, chars: 5 },
    fallback("demo/drops-midway", "demo/overloaded", 2), retry(3, "demo/overloaded"),
    fallback("demo/overloaded", "demo/hello", 4), { ...HELLO, attempt: 4, content: "Hi" }, FINISH,
  ));
  assert.equal(folded.text, "Hi");
  assert.equal(folded.model, "demo/hello");
  assert.deepEqual(folded.attempts.map(({ model, state, reason, discarded }) => [model, state, reason, discarded]), [
    ["demo/drops-midway", "failed", "it broke off", true],
    ["demo/overloaded", "failed", "no room", false],
    ["demo/overloaded", "failed", "it broke off", false],
    ["demo/hello", "answered", "", false],
  ]);
});

test("the order of discard and fallback does not matter", () => {
  const discard = { type: "discard", attempt: 1, chars: 5 };
  const next = fallback("demo/hello", "demo/b", 2);
  assert.deepEqual(
    { ...fold(turn("t", START, HELLO, discard, next)) },
    { ...fold(turn("t", START, HELLO, next, discard)) },
  );
});

test("text that is kept is joined with the text that goes on from it", () => {
  const folded = fold(turn("t", START, HELLO, fallback("demo/hello", "demo/b", 2), { ...HELLO, attempt: 2, content: "!" }, FINISH));
  assert.equal(folded.text, "Hello!");
});

test("a model that was skipped leaves no attempt behind", () => {
  const folded = fold(turn("t", { ...START, model: "demo/a" }, fallback("demo/a", "demo/hello", 1), HELLO, FINISH));
  assert.deepEqual(folded.attempts.map(({ attempt, model, state }) => [attempt, model, state]), [[1, "demo/hello", "answered"]]);
});

test("each attempt keeps when it was asked, when it spoke and when it ended, what it cost, and what was discarded", () => {
  const transcript = createTranscript();
  const events = turn("t",
    { ...START, model: "m/a" }, { type: "delta", attempt: 1, index: 0, reasoning: "hm" }, HELLO, usage(1, 3, 1, { model: "m/a", cost: 0.25, discarded: true }),
    { type: "discard", attempt: 1, chars: 7 }, { ...fallback("m/a", "m/b", 2), delay_ms: 500 }, { ...HELLO, attempt: 2 },
    usage(2, 4, 2, { model: "m/b" }), usage(3, 1, 1, { model: "m/c", cost: 0.5, task: "c1" }), { ...FINISH, model: "m/b" });
  events.forEach((event, index) => transcript.push(event, 1000 * index));
  const { attempts, cost, started_at, ended_at } = transcript.snapshot();
  assert.deepEqual(attempts, [
    {
      attempt: 1, model: "m/a", step: 1, state: "failed", reason: "it broke off", kind: "stream_truncated", discarded: true,
      discarded_output: { text: "Hello", reasoning: "hm" }, usage: totals(3, 1), cost: 0.25, asked_at: 0, first_at: 1000, ended_at: 3000,
    },
    {
      attempt: 2, model: "m/b", step: 1, state: "answered", reason: "", kind: null, discarded: false, discarded_output: null,
      usage: totals(4, 2), cost: null, asked_at: 5500, first_at: 6000, ended_at: 7000,
    },
  ]);
  assert.deepEqual([cost, started_at, ended_at], [0.75, 0, 9000]);
});

test("a model that is passed over at a further step makes no earlier attempt fail", () => {
  const passed = { ...fallback("m/a", "m/b", 3), kind: "circuit_breaker" };
  const call = { type: "tool_call", id: "a", name: "look", args: "{}" };
  const { attempts } = fold(turn("t", { ...START, model: "m/a" }, fallback("m/a", "m/b", 2), { ...HELLO, attempt: 2 }, call,
    { type: "step", step: 2, model: "m/a" }, passed, { ...HELLO, attempt: 3 }));
  assert.deepEqual(attempts.map(({ model, step, state }) => [model, step, state]), [
    ["m/a", 1, "failed"], ["m/b", 1, "answered"], ["m/b", 2, "streaming"],
  ]);
});

test("of two that were asked at once, the one that fails is the one that failed", () => {
  const hedge = { type: "hedge", from: "m/a", to: "m/b", attempt: 2, after_ms: 10 };
  const events = turn("t", { ...START, model: "m/a" }, hedge, fallback("m/b", "m/a", 1), fallback("m/a", "m/c", 3));
  const states = (count) => fold(events.slice(0, count)).attempts.map(({ model, state }) => `${model} ${state}`);
  assert.deepEqual(states(3), ["m/a waiting", "m/b failed"]);
  assert.deepEqual(states(4), ["m/a failed", "m/b failed", "m/c waiting"]);
});

test("an attempt for which the conversation was too long failed; shortening it before a step ends none", () => {
  const compacted = { type: "compacted", model: "m/a", attempt: 2, dropped: 4 };
  const { attempts } = fold(turn("t", { ...START, model: "m/a" }, compacted, { ...HELLO, attempt: 2 }));
  assert.deepEqual(attempts.map(({ state, kind }) => [state, kind]), [["failed", "context_overflow"], ["streaming", null]]);
  const call = { type: "tool_call", id: "a", name: "look", args: "{}" };
  const before = fold(turn("t", { ...START, model: "m/a" }, HELLO, call, compacted, { type: "step", step: 2, model: "m/a" }));
  assert.deepEqual(before.attempts.map(({ state }) => state), ["answered"]);
});

test("tool calls are put together from their pieces, and void with their attempt", () => {
  const piece = (attempt, index, id, args) => ({ type: "tool_call_delta", attempt, index, id, name: "look", arguments: args });
  const folded = fold(turn("t", START, piece(1, 0, "x", "{"), { type: "discard", attempt: 1, chars: 0 }, retry(2),
    piece(2, 0, "a", '{"q"'), piece(2, 1, "b", "{"), piece(2, 0, "a", ":1}"), piece(2, 1, "b", "}")));
  assert.deepEqual(folded.toolCalls, [
    { id: "a", name: "look", arguments: '{"q":1}' },
    { id: "b", name: "look", arguments: "{}" },
  ]);
});

test("calls stand in the order of their blocks, and as they are run once that is known", () => {
  const piece = (index, id, args) => ({ type: "tool_call_delta", attempt: 1, index, id, name: "look", arguments: args });
  const run = (id, args) => ({ type: "tool_call", id, name: "look", args });
  const call = (id, args) => ({ id, type: "function", function: { name: "look", arguments: args } });
  const events = turn("t", START, piece(1, "b", "{}"), piece(0, "a", "{"), run("a_2", "{}"), run("b", "{}"));
  const messages = events.map((_, index) => fold(events.slice(0, index + 1)).message.tool_calls);
  assert.deepEqual(messages, [
    undefined,
    [call("b", "{}")],
    [call("a", "{"), call("b", "{}")],
    [call("a_2", "{}")],
    [call("a_2", "{}"), call("b", "{}")],
  ]);
});

test("a call is there as soon as its block begins; calls that are not in the final message go", () => {
  const block = (index, id) => ({ type: "block_start", attempt: 1, index, kind: "tool_call", id, name: "look" });
  const events = [START, { type: "block_start", attempt: 1, index: 0, kind: "text" }, block(1, "a"), block(2, "b")];
  const folded = fold(turn("t", ...events));
  assert.deepEqual(folded.toolCalls, [{ id: "a", name: "look", arguments: "" }, { id: "b", name: "look", arguments: "" }]);
  const kept = { role: "assistant", content: "", tool_calls: folded.message.tool_calls.slice(0, 1) };
  for (const last of [{ ...FINISH, message: kept }, { ...ERROR, partial_message: kept }, { ...ABORTED, message: kept }]) {
    assert.deepEqual(fold(turn("t", ...events, last)).message, kept, last.type);
  }
  assert.deepEqual(fold(turn("t", ...events, { ...ABORTED, message: null })).message, { role: "assistant", content: "" });
});

test("a step starts anew: the last one's text is the answer, and attempts go on", () => {
  const events = turn("t",
    { ...START, model: "m/a" }, HELLO, usage(1, 3, 1, { model: "m/a" }), { type: "step", step: 2, agent: "second", model: "m/a" },
    retry(4, "m/b"), { ...HELLO, attempt: 4, content: "Two" }, { ...FINISH, model: "m/b" });
  const folded = fold(events);
  assert.deepEqual([folded.step, folded.agent, folded.text, folded.model], [2, "second", "Two", "m/b"]);
  assert.deepEqual(folded.attempts.map(({ attempt, model, state }) => [attempt, model, state]), [
    [1, "m/a", "answered"],
    [3, "m/a", "failed"], // attempt 2 was a sub-agent's
    [4, "m/b", "answered"],
  ]);
  const failed = fold([...events.slice(0, 4), { ...ERROR, turn: "t", seq: 5 }]);
  assert.deepEqual(failed.attempts.map(({ state }) => state), ["answered"]);
  assert.deepEqual([failed.text, failed.status], ["", "error"]);
});

test("what a sub-agent does is no part of the answer, but for what it costs", () => {
  const task = "c1";
  const folded = fold(turn("t", START, HELLO, { ...HELLO, attempt: 2, content: "inner", task }, { type: "step", step: 2, model: "m/c", task },
    { ...retry(3), task }, usage(2, 5, 5, { task }), FINISH));
  assert.deepEqual([folded.text, folded.step, folded.attempts.length, folded.usage.output_tokens], ["Hello", 1, 1, 5]);
});

test("of two that were asked at once, one answers", () => {
  const hedge = { type: "hedge", from: "m/a", to: "m/b", attempt: 2, after_ms: 10 };
  const folded = (attempt, model) =>
    fold(turn("t", { ...START, model: "m/a" }, hedge, { ...HELLO, attempt }, { ...FINISH, model })).attempts.map(({ state }) => state);
  assert.deepEqual(folded(1, "m/a"), ["answered", "aborted"]);
  assert.deepEqual(folded(2, "m/b"), ["aborted", "answered"]);
});

test("an attempt whose stream is taken up again goes on, and after a reload names its model", () => {
  const resumed = (model) => ({ type: "resumed", model, attempt: 1, response_id: "r", from_seq: 4, via: "stream" });
  const cut = fold(turn("t", { ...START, model: "m/a" }, HELLO, resumed("m/a"), HELLO, { ...FINISH, model: "m/a" }));
  assert.deepEqual([cut.text, cut.attempts.map(({ state }) => state)], ["HelloHello", ["answered"]]);
  const reloaded = fold(turn("t", { ...START, model: "m/a" }, resumed("m/b"), HELLO));
  assert.deepEqual([reloaded.model, reloaded.attempts[0].model, reloaded.attempts[0].state], ["m/b", "m/b", "streaming"]);
});

test("usage is summed over all attempts, and what nobody told stays unknown", () => {
  const folded = fold(turn("t", START, usage(1, 3, null, { discarded: true }), retry(2), usage(2, 4, 7), FINISH));
  assert.deepEqual(folded.usage, { input_tokens: 7, output_tokens: 7, cached_tokens: null, written_tokens: null, reasoning_tokens: null });
});

test("a failed turn", () => {
  const events = turn("t", START, retry(2), ERROR);
  const folded = fold(events);
  assert.equal(folded.status, "error");
  assert.deepEqual(folded.error, events[2]);
  assert.deepEqual(folded.attempts.map(({ state, reason }) => [state, reason]), [["failed", "no room"], ["failed", "all models failed"]]);
});

test("an attempt has answered when its calls run, and has its own reason when no model is left", () => {
  const call = { type: "tool_call", id: "a", name: "look", args: "{}" };
  assert.deepEqual(fold(turn("t", START, HELLO, call)).attempts.map(({ state }) => state), ["answered"]);
  const final_error = { kind: "auth", code: "auth_error", message: "bad key" };
  const hedge = { type: "hedge", from: "m/a", to: "m/b", attempt: 2, after_ms: 10 };
  const exhausted = { type: "exhausted", models_tried: [], final_error };
  const { attempts } = fold(turn("t", START, hedge, exhausted, ERROR));
  assert.deepEqual(attempts.map(({ state, reason }) => [state, reason]), [["aborted", ""], ["failed", "bad key"]]);
});

test("an aborted turn keeps its partial", () => {
  const totals = { input_tokens: 1, output_tokens: null, cached_tokens: null, written_tokens: null, reasoning_tokens: null };
  const folded = fold(turn("t", START, HELLO, { ...ABORTED, usage: totals }));
  assert.deepEqual([folded.status, folded.text, folded.usage], ["aborted", "Hello", totals]);
  assert.equal(folded.attempts[0].state, "aborted");
});

test("events of another turn start afresh", () => {
  const folded = fold([...turn("t1", START, HELLO, ERROR), ...turn("t2", START, { ...HELLO, content: "Two" }, FINISH)]);
  assert.deepEqual([folded.turn, folded.text, folded.status, folded.error], ["t2", "Two", "finished", null]);
});

test("events it does not know change nothing", () => {
  const known = turn("t", START, HELLO);
  assert.deepEqual(fold([...known, { type: "some_day", turn: "t", seq: 3 }]), fold(known));
});

test("a snapshot is not touched by what comes later, nor is an event", () => {
  const transcript = createTranscript();
  const events = turn("t", START, HELLO, retry(2), FINISH).map((event) => Object.freeze(event));
  transcript.push(events[0]);
  transcript.push(events[1]);
  const before = transcript.snapshot();
  const copy = structuredClone(before);
  transcript.push(events[2]);
  transcript.push(events[3]);
  assert.deepEqual(before, copy);
});
