// What the page shows of the chain: the strip, the lines of attempts, and the line below a turn.

import assert from "node:assert/strict";
import test from "node:test";
import { attemptWords, finishWords, warningOf } from "../../web/app/chain/attempt-words.js";
import { ChainState } from "../../web/app/chain/chain-state.js";
import { CostState } from "../../web/app/chain/cost-state.js";
import { describe, nextChange } from "../../web/app/chain/link-words.js";
import { Models } from "../../web/app/chain/models.js";
import { clock, dollars, duration } from "../../web/app/chain/words.js";
import { createTranscript, fold } from "../../web/fold.js";
import { ABORTED, ERROR, FINISH, HELLO, START, turn } from "./fake_worker.mjs";

const NOW = 1_000_000;
const facts = { kind: "overloaded", code: "server_error", reason: "no room" };
const retry = (model, attempt, delay_ms) => ({ type: "retry", model, attempt, delay_ms, retrying_at: "", ...facts });
const fallback = (from, to, attempt, delay_ms = 0) => ({ type: "fallback", from, to, attempt, delay_ms, ...facts });
const skipped = (model, wait_ms, kind = "circuit_breaker") => ({ type: "skipped", model, ...facts, kind, wait_ms });
const hedge = { type: "hedge", from: "m/a", to: "m/b", attempt: 2, after_ms: 2000 };
const usage = (attempt, model, cost = null) => ({
  type: "usage", attempt, model, input_tokens: 9, output_tokens: 20, cached_tokens: null, written_tokens: null,
  reasoning_tokens: null, context_length: null, context_limit: null, cost, discarded: false,
});
const told = (model, more = {}) => ({ model, state: "ready", wait_ms: 0, host: "", local: true, price: null, ...more });
const start = { ...START, model: "m/a" };

/** The links after these events, each 100 ms after the one before, `later` ms after the last one. */
function links(models, events, { later = 0, chain = new ChainState(models), transcript = createTranscript() } = {}) {
  const stamped = turn("t", ...events);
  stamped.forEach((event, index) => {
    chain.push(event, NOW + index * 100);
    transcript.push(event, NOW + index * 100);
  });
  const now = NOW + Math.max(stamped.length - 1, 0) * 100 + later;
  return chain.links(transcript.snapshot(), now).map((link) => ({ ...link, word: describe(link, now) }));
}

const words = (...args) => links(...args).map(({ word }) => word);
const AB = ["m/a", "m/b"];
const A_TO_B = [start, HELLO, retry("m/a", 2, 1500), fallback("m/a", "m/b", 3)];
const PASSED = [start, skipped("m/a", 59_000), { ...fallback("m/a", "m/b", 1), kind: "circuit_breaker" }];

for (const [what, events, later, expected] of [
  ["before the first turn", [], 0, ["ready", "spare"]],
  ["asked", [start], 0, ["asking 0.0 s", "spare"]],
  ["asked for a while", [start], 1250, ["asking 1.3 s", "spare"]],
  ["streaming", A_TO_B.slice(0, 2), 500, ["answering 0.6 s", "spare"]],
  ["waiting to retry", A_TO_B.slice(0, 3), 0, ["again in 2 s", "spare"]],
  ["waiting to retry, later", A_TO_B.slice(0, 3), 600, ["again in 1 s", "spare"]],
  ["retrying", A_TO_B.slice(0, 3), 1600, ["asking 0.1 s", "spare"]],
  ["the next one", A_TO_B, 0, ["failed", "asking 0.0 s"]],
  ["the next one, after a pause", [...A_TO_B.slice(0, 3), fallback("m/a", "m/b", 3, 500)], 0, ["failed", "again in 1 s"]],
  ["answered", [...A_TO_B, { ...HELLO, attempt: 3 }, { ...FINISH, model: "m/b" }], 0, ["failed", "answered"]],
  ["stopped", [...A_TO_B, ABORTED], 0, ["failed", "stopped"]],
  ["all failed", [...A_TO_B, ERROR], 0, ["failed", "failed"]],
  ["asked as well", [start, hedge], 0, ["asking 0.1 s", "asking 0.0 s"]],
  ["passed over, and counting: D10, D12", PASSED, 0, ["rests 0:59", "asking 0.0 s"]],
  ["passed over, five seconds later: D12", PASSED, 5000, ["rests 0:54", "asking 5.0 s"]],
  ["passed over for an unknown time", [start, skipped("m/a", null), PASSED[2]], 0, ["passed over", "asking 0.0 s"]],
  ["without its key", [start, skipped("m/a", null, "no_key"), { ...PASSED[2], kind: "no_key" }], 0, ["no key", "asking 0.0 s"]],
  ["the slow one of two, while the other answers: D17", [start, hedge, { ...HELLO, attempt: 2 }], 0, ["asked, too slow", "answering 0.1 s"]],
  ["the slow one of two, afterwards: D17", [start, hedge, { ...HELLO, attempt: 2 }, { ...FINISH, model: "m/b" }], 0, ["asked, too slow", "answered"]],
  ["the second one of two was the slow one: D17", [start, hedge, HELLO, FINISH], 0, ["answered", "asked, too slow"]],
  ["waiting for the network", [start, { type: "offline", model: "m/a", message: "", wait_ms: 1000 }], 0, ["offline", "spare"]],
  ["back in the network", [start, { type: "offline", model: "m/a", message: "", wait_ms: 1000 }, HELLO], 0, ["answering 0.2 s", "spare"]],
  ["the next step", [start, HELLO, { type: "step", step: 2, model: "m/a" }], 300, ["asking 0.3 s", "spare"]],
  ["between the steps", [start, HELLO, { type: "tool_call", id: "c", name: "look", args: "{}" }], 0, ["answered", "spare"]],
  ["a sub-agent at work", [start, { ...fallback("m/a", "m/b", 2), task: "c1" }], 0, ["asking 0.1 s", "spare"]],
  ["a turn after that", [...A_TO_B, ERROR, { ...start, turn: "t2" }], 0, ["asking 0.0 s", "spare"]],
]) {
  test(what, () => assert.deepEqual(words(AB, events, { later }), expected));
}

test("each model keeps its own reason, not that of the turn", () => {
  const exhausted = { type: "exhausted", models_tried: AB, final_error: { ...facts, message: "bad key" } };
  const shown = links(AB, [...A_TO_B, exhausted, ERROR]);
  assert.deepEqual(shown.map(({ model, reason }) => [model, reason]), [["m/a", "no room"], ["m/b", "bad key"]]);
});

test("a model that the chain did not name is added", () => {
  assert.deepEqual(links(["m/a"], [...A_TO_B, { ...FINISH, model: "m/b" }]).map(({ model }) => model), AB);
});

test("a delta after the first one of its attempt changes nothing", () => {
  const chain = new ChainState(["demo/hello"]);
  const events = turn("t", START, HELLO, HELLO, { ...HELLO, attempt: 2 }, FINISH, START, HELLO);
  assert.deepEqual(events.map((event) => chain.push(event, NOW)), [true, true, false, true, true, true, true]);
});

test("what the session tells is there before any turn, and counts", () => {
  const chain = new ChainState(["m/a"]);
  const agents = { root: [told("m/a", { state: "resting", wait_ms: 41_000, kind: "overloaded" }), told("m/b", { state: "no_key", wait_ms: null, kind: "no_key" }), told("m/c")] };
  chain.know({ agent: "root", agents }, NOW);
  assert.deepEqual(words([], [], { chain }), ["rests 0:41", "no key", "spare"]);
  assert.deepEqual(words([], [], { chain, later: 40_500 }), ["rests 0:01", "no key", "spare"]);
  assert.deepEqual(words([], [], { chain, later: 41_000 }), ["ready", "no key", "spare"]);
});

test("a model that failed rests when the session tells so, and may be asked when that is over", () => {
  const chain = new ChainState(AB);
  const events = [...A_TO_B, { ...HELLO, attempt: 3 }, { ...FINISH, model: "m/b" }];
  assert.deepEqual(words(AB, events, { chain }), ["failed", "answered"]);
  const transcript = createTranscript();
  turn("t", ...events).forEach((event) => transcript.push(event, NOW));
  chain.know({ agent: "root", agents: { root: [told("m/a", { state: "resting", wait_ms: 60_000, kind: "overloaded" }), told("m/b")] } }, NOW);
  const after = (ms) => chain.links(transcript.snapshot(), NOW + ms).map((link) => describe(link, NOW + ms));
  assert.deepEqual(after(19_000), ["rests 0:41", "answered"]);
  assert.deepEqual(after(60_001), ["ready", "answered"]);
});

test("after a handoff the chain of the agent that answers is shown, without the first one's: D16", () => {
  const chain = new ChainState(AB);
  chain.know({ agent: "root", agents: { root: [told("m/a"), told("m/b")], second: [told("m/c"), told("m/d")] } }, NOW);
  const step = { type: "step", step: 2, model: "m/c", agent: "second" };
  const events = [{ ...start, agent: "root" }, HELLO, { type: "handoff", from: "root", to: "second" }, step];
  const transcript = createTranscript();
  const shown = (more) => links(AB, more, { chain, transcript }).map(({ model, word }) => [model, word]);
  assert.deepEqual(shown(events), [["m/c", "asking 0.0 s"], ["m/d", "spare"]]);
  assert.deepEqual(shown([...events, { ...HELLO, attempt: 2, agent: "second" }, { ...FINISH, model: "m/c", agent: "second" }]), [["m/c", "answered"], ["m/d", "spare"]]);
});

test("the last attempts of a model are kept from turn to turn, and not without end", () => {
  const chain = new ChainState(["m/a"]);
  for (let count = 0; count < 9; count++) {
    const transcript = createTranscript();
    turn(`t${count}`, start, { type: "discard", attempt: 1, chars: 3 }, retry("m/a", 2, 0), { ...HELLO, attempt: 2 }, FINISH)
      .forEach((event, index) => transcript.push(event, NOW + 100 * index));
    chain.remember(transcript.snapshot());
  }
  const [{ attempts }] = chain.links(fold([]), NOW);
  assert.deepEqual(attempts.map(({ state, discarded_output }) => [state, discarded_output]), [
    ["answered", null], ["failed", null], ["answered", null], ["failed", null], ["answered", null],
  ]);
});

test("one timer: it waits for the next change, and for none when nothing counts", () => {
  const wait = (events, later, now = NOW + (events.length - 1) * 100 + later) => nextChange(links(AB, events, { later }), now);
  assert.equal(wait([start], 0), 100);
  assert.equal(wait([start], 30), 70);
  assert.equal(wait([start], 20_300), 700);
  assert.equal(wait(A_TO_B.slice(0, 3), 200), 300); // 1.3 s are left
  assert.equal(wait([...A_TO_B, ERROR], 0), null);
  assert.equal(wait([start, HELLO, FINISH], 0), null);
});

test("names are short while they differ", () => {
  const models = new Models();
  assert.equal(models.name("anthropic/claude-sonnet-4-6"), "claude-sonnet-4-6");
  assert.equal(models.name("openrouter/anthropic/claude-sonnet-4-6"), "openrouter/anthropic/claude-sonnet-4-6");
  assert.equal(models.name("anthropic/claude-sonnet-4-6"), "anthropic/claude-sonnet-4-6");
  assert.equal(models.name("gpt"), "gpt");
});

test("times and amounts have the digits that matter", () => {
  assert.deepEqual([0, 640, 9949, 9950, 59_400, 65_000].map(duration), ["0.0 s", "0.6 s", "9.9 s", "10 s", "59 s", "1:05"]);
  assert.deepEqual([41_000, 40_001, 0, 3_600_000].map(clock), ["0:41", "0:41", "0:00", "1:00:00"]);
  assert.deepEqual([0, 0.00001, 0.0003, 0.00412, 0.0131, 0.5, 15, 1.5].map(dollars), ["$0", "under $0.0001", "$0.0003", "$0.0041", "$0.013", "$0.50", "$15", "$1.50"]);
});

/** The words for each attempt of a turn whose events come 300 ms apart. */
function attemptLines(...events) {
  const transcript = createTranscript();
  turn("t", ...events).forEach((event, index) => transcript.push(event, NOW + index * 300));
  const { attempts } = transcript.snapshot();
  return attempts.map((attempt, index) => {
    const { text, asides } = attemptWords(attempt, attempts[index - 1]);
    return [attempt.model, text, ...asides].join(" | ");
  });
}

test("each attempt in words: what was discarded, who took over, how long and for how much", () => {
  const cut = { ...fallback("m/a", "m/b", 2), kind: "stream_truncated" };
  assert.deepEqual(
    attemptLines(start, HELLO, usage(1, "m/a", 0.004), { type: "discard", attempt: 1, chars: 5 }, cut, retry("m/b", 3, 0), { ...HELLO, attempt: 3 }, usage(3, "m/b"), FINISH),
    [
      "m/a | broke off after 5 characters (connection lost) | 0.6 s | 20 tokens | $0.004",
      "m/b | did not answer (overloaded) | 0.3 s",
      "m/b | answered, asked again | first word after 0.3 s",
    ],
  );
  assert.deepEqual(attemptLines(start, hedge, { ...HELLO, attempt: 2 }, FINISH), ["m/a | asked, too slow", "m/b | took over | first word after 0.3 s"]);
  assert.deepEqual(attemptLines(start, HELLO, usage(1, "m/a", 0.5), FINISH), ["m/a | answered | first word after 0.3 s | 0.6 s | 20 tokens | $0.50"]);
});

test("a dearer model, and one in the cloud, are named so; what is not known is not guessed", () => {
  const cloud = (output) => told("m/c", { local: false, host: "api.example.com", price: output === null ? null : { input: 1, output } });
  assert.equal(warningOf(cloud(0.6), cloud(15)), "dearer: $15 instead of $0.60 for a million tokens");
  assert.equal(warningOf(told("l"), cloud(null)), "in the cloud: the conversation goes to api.example.com");
  assert.equal(warningOf(told("l"), cloud(15)), "in the cloud: the conversation goes to api.example.com; costs $15 for a million tokens");
  for (const pair of [[cloud(15), cloud(0.6)], [cloud(null), cloud(15)], [cloud(15), told("l")], [null, cloud(1)]]) assert.equal(warningOf(...pair), "");
});

test("the line below a turn: who answered, how long, what it cost, and who did not", () => {
  const transcript = createTranscript();
  turn("t", start, fallback("m/a", "m/b", 2), { ...HELLO, attempt: 2 }, usage(2, "m/b", 0.0003), { ...FINISH, model: "m/b" })
    .forEach((event, index) => transcript.push(event, NOW + index * 525));
  const name = (model) => model.slice(2);
  assert.equal(finishWords(transcript.snapshot(), name, false), "b · 2.1 s · 20 tokens · $0.0003 (a failed: overloaded)");
  assert.equal(finishWords(fold(turn("t", start, { ...FINISH, model: "m/a", reason: "length" })), name, true), "a · ended early: length · no text");
});

test("a conversation's cost: what is known of it, and that there is more", () => {
  const models = new Models();
  models.know({ root: [told("m/a", { local: false }), told("m/l")] });
  const costs = new CostState();
  const spent = (cost, model = "m/a") => fold(turn("t", { ...START, model }, HELLO, usage(1, model, cost), FINISH));
  assert.deepEqual(costs.words(null), []);
  costs.add(spent(null, "m/l"), models); // a local model has no price
  assert.deepEqual(costs.words(null), []);
  costs.add(spent(0.01), models);
  assert.deepEqual([costs.words(null), costs.words(spent(0.003))], [["$0.01"], ["$0.013"]]);
  costs.add(spent(null), models);
  assert.deepEqual(costs.words(null), ["over $0.01"]);
});
