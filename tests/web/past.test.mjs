// Stored turns with how they went: folded, they are what was shown when they ran.

import assert from "node:assert/strict";
import { test } from "node:test";

import { attemptWords, finishWords } from "../../web/app/chain/attempt-words.js";
import { shownOf, storedChat } from "../../web/app/chats/stored-turns.js";
import { createTranscript } from "../../web/fold.js";

const text = (content) => ({ type: "text", text: content });
const prompt = { role: "user", parts: [text("Why?")] };
const answered = (content, ...more) => ({ role: "assistant", model: "a/two", parts: [text(content), ...more] });
const WHY = { kind: "overloaded", code: "server_error", reason: "Too busy." };
const COURSE = [
  { at: 0, type: "start", model: "a/one" },
  { at: 300, type: "delta", attempt: 1 },
  { at: 600, type: "usage", attempt: 1, spent: 0 },
  { at: 600, type: "discard", attempt: 1, text: "Half", reasoning: "Hm" },
  { at: 600, type: "fallback", from: "a/one", to: "a/two", attempt: 2, delay_ms: 100, ...WHY },
  { at: 1700, type: "delta", attempt: 2 },
  { at: 2700, type: "usage", attempt: 2, spent: 1 },
];
const SPENT = [
  { attempt: 1, model: "a/one", output_tokens: 3, cost: 0.5, discarded: true },
  { attempt: 2, model: "a/two", output_tokens: 4, cost: 0.25, discarded: false },
];
const END = { type: "end", turn: "t1", agent: "root", outcome: "finished", reason: "stop", model: "a/two", kept: true };
const turnOf = (messages, more = {}) => storedChat({ records: [{ ...END, spent: SPENT, messages, ...more }] }).turns[0];

/** What the page folds, with times. */
function folded({ events, times }) {
  const transcript = createTranscript();
  events.forEach((event, place) => transcript.push(event, times[place]));
  return transcript.snapshot();
}

const words = ({ attempts }) => attempts.map((each, at) => {
  const { text: what, asides } = attemptWords(each, attempts[at - 1]);
  return [what, ...asides].join(" · ");
});
const name = (model) => model;

test("an answer after a failure has both attempts, their times, tokens and costs", () => {
  const turn = folded(turnOf([prompt, answered("Whole")], { course: [...COURSE, { at: 2800, type: "finish" }] }));
  assert.equal(turn.text, "Whole");
  assert.deepEqual(words(turn), [
    "broke off after 4 characters (overloaded) · 0.6 s · 3 tokens · $0.50",
    "took over · first word after 1.0 s",
  ]);
  assert.equal(finishWords(turn, name, false), "a/two · 2.8 s · 7 tokens · $0.75 (a/one failed: overloaded)");
  assert.deepEqual(turn.attempts[0].discarded_output, { text: "Half", reasoning: "Hm" });
});

test("a failed turn has its error, its attempts and its text", () => {
  const error = { message: "All 2 models failed.", kind: "overloaded", code: "server_error", hint: "Wait.", retryable: true };
  const attempts = [{ attempt: 1, model: "a/one", outcome: "failed", kind: "overloaded", message: "Too busy." }];
  const more = { outcome: "failed", kept: false, error, attempts, parts: [text("Only"), { type: "tool_call", id: "c", name: "n" }] };
  const stored = turnOf([prompt], { ...more, course: [...COURSE, { at: 2800, type: "finish" }] });
  const turn = folded(stored);
  assert.deepEqual([stored.prompt, turn.status, turn.text, turn.toolCalls], ["Why?", "error", "Only", []]);
  assert.deepEqual([turn.error.message, turn.error.hint, turn.error.attempts[0].message], [error.message, "Wait.", "Too busy."]);
  assert.deepEqual(turn.attempts.map(({ state }) => state), ["failed", "failed"]);
  assert.equal(stored.goesOn, false);
});

test("the texts of a prompt are apart", () => {
  const { prompt: shown } = turnOf([{ role: "user", parts: [text("See"), text("Why?")] }, answered("So.")]);
  assert.equal(shown, "See\n\nWhy?");
});

test("a call that failed, one that was blocked and a further step", () => {
  const calls = ["c1", "c2"].map((id) => ({ type: "tool_call", id, name: "look", arguments: "{}" }));
  const results = ["c1", "c2"].map((id) => ({ role: "tool", tool_call_id: id, parts: [text(`of ${id}`)] }));
  const course = [
    ...COURSE,
    { at: 2750, type: "tool_call", id: "c2" },
    { at: 2800, type: "tool_blocked", id: "c1", name: "look", reason: "No." },
    { at: 2900, type: "tool_result", id: "c2" },
    { at: 3000, type: "step", step: 2, model: "a/two" },
    { at: 3500, type: "delta", attempt: 3 },
    { at: 4000, type: "finish" },
  ];
  const { events, times } = turnOf([prompt, answered("First", ...calls), ...results, answered("Second")], { course });
  const types = events.map(({ type }) => type);
  assert.ok(types.lastIndexOf("tool_call") < types.indexOf("tool_blocked"));
  const called = events.filter(({ type }) => type === "tool_call");
  assert.deepEqual(called.map(({ id, sandboxed }) => [id, sandboxed]), [
    ["c1", undefined],
    ["c2", true],
  ]);
  assert.deepEqual(events.filter(({ type }) => type === "tool_result").map(({ id, is_error }) => [id, is_error]), [
    ["c1", false],
    ["c2", true],
  ]);
  const turn = folded({ events, times });
  assert.deepEqual([turn.text, turn.step, turn.ended_at], ["Second", 2, 4000]);
  assert.deepEqual(turn.attempts.map(({ attempt, step, first_at }) => [attempt, step, first_at]), [
    [1, 1, 300],
    [2, 1, 1700],
    [3, 2, 3500],
  ]);
});

test("a step whose answer was taken back has no message", () => {
  const course = [
    { at: 0, type: "start", model: "a/two" },
    { at: 1, type: "delta", attempt: 1 },
    { at: 2, type: "discard", attempt: 1, text: "Bad", reasoning: "" },
    { at: 3, type: "step", step: 2, model: "a/two" },
    { at: 4, type: "delta", attempt: 2 },
    { at: 5, type: "finish" },
  ];
  const turn = folded(turnOf([prompt, answered("Good")], { course }));
  assert.deepEqual([turn.text, turn.step, turn.attempts[0].discarded_output.text], ["Good", 2, "Bad"]);
});

test("text that another attempt goes on with stays one text", () => {
  const course = COURSE.filter(({ type }) => type !== "discard");
  const turn = folded(turnOf([prompt, answered("Half and whole")], { course }));
  assert.equal(turn.text, "Half and whole");
  assert.deepEqual(words(turn), ["broke off (overloaded) · 0.6 s · 3 tokens · $0.50", "took over · first word after 1.0 s"]);
});

test("a turn that was stored before shows what it has, and no times", () => {
  const old = turnOf([prompt, answered("Whole")]);
  const turn = folded(old);
  assert.deepEqual(old.times.filter((time) => time !== null), []);
  assert.equal(finishWords(turn, name, false), "a/two · 7 tokens · $0.75");
  assert.deepEqual(words(turn), ["answered"]);
  const bare = folded(turnOf([prompt, answered("Whole")], { spent: undefined }));
  assert.deepEqual([finishWords(bare, name, false), words(bare)], ["a/two", ["answered"]]);
});

test("only the last turn that failed after finished steps goes on", () => {
  const call = { type: "tool_call", id: "c1", name: "look", arguments: "{}" };
  const messages = [prompt, answered("First", call), { role: "tool", tool_call_id: "c1", parts: [text("Not executed: x")] }];
  const stored = turnOf(messages, { outcome: "failed", goes_on: true });
  assert.equal(stored.goesOn, true);
  assert.ok(!shownOf(stored, 0).some(({ event }) => event.type === "tool_result" || event.type === "error"));
  assert.equal(turnOf([prompt], { outcome: "failed", goes_on: true }).goesOn, false);
});

test("a course of any shape is no error", () => {
  const odd = [null, 7, "x", [], {}, [7, null, {}, { type: "start" }, { type: "toString", at: 1 }, { at: 1, type: "usage", spent: "x" }]];
  const deep = Array.from({ length: 3000 }, (_, at) => ({ at, type: "fallback", from: {}, to: 7, attempt: at * 1e6, kind: [] }));
  for (const course of [...odd, deep, [{ at: 1, type: "delta", attempt: 1e15 }], [{ at: NaN, type: "finish", attempt: -1 }]]) {
    for (const spent of [course, [{ attempt: {}, model: [] }]]) {
      const turn = turnOf([prompt, answered("Whole")], { course, spent, parts: course, error: course, attempts: course });
      assert.equal(folded(turn).text, "Whole");
    }
  }
});

test("a turn that went on has the attempts before and after, and what was shown of it is told up to now", () => {
  const call = { type: "tool_call", id: "c1", name: "look", arguments: "{}" };
  const result = { role: "tool", tool_call_id: "c1", parts: [text("seen")] };
  const course = [
    { at: 0, type: "start", model: "a/one" },
    { at: 300, type: "delta", attempt: 1 },
    { at: 500, type: "step", step: 2, model: "a/one" },
    { at: 700, type: "delta", attempt: 2 },
  ];
  const went = [
    { at: 700, type: "discard", attempt: 2, text: "Hal", reasoning: "" },
    { at: 710, type: "start", model: "a/two", resumed: true },
    { at: 720, type: "step", step: 2, model: "a/two" },
    { at: 900, type: "delta", attempt: 3 },
    { at: 950, type: "finish" },
  ];
  const cut = turnOf([prompt, answered("First", call), result, { role: "assistant", parts: [text("Hal")] }], { course, outcome: "interrupted" });
  const shown = shownOf(cut, 10_700);
  assert.deepEqual([shown[0].at, shown.at(-1).at], [10_000, 10_700]);
  const turn = folded(turnOf([prompt, answered("First", call), result, answered("Whole")], { course: [...course, ...went] }));
  assert.deepEqual([turn.text, turn.step, turn.status], ["Whole", 2, "finished"]);
  assert.deepEqual(turn.attempts.map(({ attempt, step, state }) => [attempt, step, state]), [
    [1, 1, "answered"],
    [2, 2, "failed"],
    [3, 2, "answered"],
  ]);
  assert.equal(words({ attempts: turn.attempts.slice(1) })[0], "broke off after 3 characters (interrupted) · 0.0 s");
});

test("what sub-agents did is told within their calls", () => {
  const call = (id, name = "transfer_task") => ({ id, name, args: "{}", output: `of ${id}` });
  const inner = { at: 500, type: "task", id: "c3", agent: "other", steps: [{ text: "Deep", calls: [] }, 7] };
  const task = { at: 600, type: "task", id: "c1", agent: "helper", steps: [{ text: "I look.", calls: [call("c2", "look"), call("c3")] }, { text: "B", calls: [call("c1"), {}] }] };
  const asked = { type: "tool_call", id: "c1", name: "transfer_task", arguments: "{}" };
  const result = { role: "tool", tool_call_id: "c1", parts: [text("B")] };
  const used = { at: 550, type: "usage", attempt: 2, spent: 0 };
  const course = [{ at: 0, type: "start", model: "a/two" }, { at: 1, type: "delta", attempt: 1 }, inner, used, task, { ...task, id: "gone" }];
  const spent = [{ ...SPENT[1], task: "c1" }];
  const { events } = turnOf([prompt, answered("I ask.", asked), result, answered("Done")], { course, spent });
  assert.deepEqual(events.filter(({ type }) => type === "usage").map(({ task: of }) => of), [""]);
  const within = events.filter((event) => event.task !== undefined && event.type !== "usage");
  assert.deepEqual(within.map(({ type, task: of, agent, id, content, output }) => [type, of, agent, id ?? content ?? output]), [
    ["delta", "c1", "helper", "I look."],
    ["tool_call", "c1", "helper", "c2"],
    ["tool_result", "c1", "helper", "c2"],
    ["tool_call", "c1", "helper", "c3"],
    ["delta", "c3", "other", "Deep"],
    ["step", "c3", "other", undefined],
    ["tool_result", "c1", "helper", "c3"],
    ["step", "c1", "helper", undefined],
    ["delta", "c1", "helper", "B"],
  ]);
  assert.deepEqual(events.filter(({ type }) => type.startsWith("tool_")).at(-1).output, "B");
  const turn = folded({ events, times: [] });
  assert.deepEqual([turn.text, turn.cost, turn.attempts.length], ["Done", 0.25, 2]);
});

test("media in the result of a tool are told with its call, and are none of the answer", () => {
  const call = { type: "tool_call", id: "c1", name: "draw", arguments: "{}" };
  const picture = { type: "media", mime_type: "image/png", name: "a.png", data: "AAAA", size: 3 };
  const parts = [text("[image]"), picture, { ...picture, data: "" }, { ...picture, data: "%" }, { type: "media" }];
  const { events } = turnOf([prompt, answered("", call), { role: "tool", tool_call_id: "c1", parts }, answered("")]);
  const told = events.filter(({ type }) => type === "media" || type === "tool_result");
  assert.deepEqual(told.map(({ type, call_id, id, index }) => [type, call_id ?? id, index]), [
    ["media", "c1", 0],
    ["tool_result", "c1", undefined],
  ]);
  const { blob, name } = told[0];
  assert.deepEqual([blob.type, blob.size, name, told[1].output], ["image/png", 3, "a.png", "[image]"]);
  assert.deepEqual([events.at(-1).empty, folded({ events, times: [] }).media], [true, []]);
});
