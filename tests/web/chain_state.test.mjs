// What the page shows of the chain.

import assert from "node:assert/strict";
import test from "node:test";
import { ChainState, describe } from "../../web/app/chain-state.js";
import { createTranscript } from "../../web/fold.js";
import { ABORTED, ERROR, FINISH, HELLO, START, turn } from "./fake_worker.mjs";

const NOW = 1_000_000;
const facts = { kind: "overloaded", code: "server_error", reason: "no room" };
const retry = (model, attempt, delay_ms) => ({ type: "retry", model, attempt, delay_ms, retrying_at: "", ...facts });
const fallback = (from, to, attempt, delay_ms = 0) => ({ type: "fallback", from, to, attempt, delay_ms, ...facts });
const hedge = { type: "hedge", from: "m/a", to: "m/b", attempt: 2, after_ms: 2000 };

/** What each model's line says after these events. */
function lines(models, events, later = 0) {
  const chain = new ChainState(models);
  const transcript = createTranscript();
  for (const event of turn("t", ...events)) {
    chain.push(event, NOW);
    transcript.push(event);
  }
  const links = chain.links(transcript.snapshot(), NOW + later);
  return links.map((link) => [link.model, describe(link, NOW + later), link.reason]);
}

const A_TO_B = [{ ...START, model: "m/a" }, HELLO, retry("m/a", 2, 1500), fallback("m/a", "m/b", 3)];

for (const [what, events, later, expected] of [
  ["before the first turn", [], 0, ["standing by", "standing by"]],
  ["asked", [{ ...START, model: "m/a" }], 0, ["asking…", "standing by"]],
  ["streaming", A_TO_B.slice(0, 2), 0, ["answering…", "standing by"]],
  ["waiting to retry", A_TO_B.slice(0, 3), 0, ["retrying in 2 s", "standing by"]],
  ["waiting to retry, later", A_TO_B.slice(0, 3), 600, ["retrying in 1 s", "standing by"]],
  ["retrying", A_TO_B.slice(0, 3), 1500, ["asking, attempt 2…", "standing by"]],
  ["the next one", A_TO_B, 0, ["failed, 2 attempts", "asking…"]],
  ["the next one, after a pause", [...A_TO_B.slice(0, 3), fallback("m/a", "m/b", 3, 500)], 0, ["failed, 2 attempts", "asking in 1 s"]],
  ["answered", [...A_TO_B, { ...HELLO, attempt: 3 }, { ...FINISH, model: "m/b" }], 0, ["failed, 2 attempts", "answered"]],
  ["stopped", [...A_TO_B, ABORTED], 0, ["failed, 2 attempts", "stopped"]],
  ["failed", [...A_TO_B, ERROR], 0, ["failed, 2 attempts", "failed"]],
  ["asked as well", [{ ...START, model: "m/a" }, hedge], 0, ["asking…", "asking…"]],
  ["asked as well, in vain", [{ ...START, model: "m/a" }, hedge, HELLO, { ...FINISH, model: "m/a" }], 0, ["answered", "standing by"]],
  ["asked as well, and quicker", [{ ...START, model: "m/a" }, hedge, { ...HELLO, attempt: 2 }, { ...FINISH, model: "m/b" }], 0, ["standing by", "answered"]],
  ["skipped", [{ ...START, model: "m/b" }, { type: "skipped", model: "m/a", ...facts, wait_ms: null }], 0, ["skipped", "asking…"]],
  ["the next step", [{ ...START, model: "m/a" }, HELLO, { type: "step", step: 2, model: "m/a" }], 0, ["asking…", "standing by"]],
  ["a sub-agent at work", [{ ...START, model: "m/a" }, { ...fallback("m/a", "m/b", 2), task: "c1" }], 0, ["asking…", "standing by"]],
  ["a turn after that", [...A_TO_B, ERROR, { ...START, model: "m/a", turn: "t2" }], 0, ["asking…", "standing by"]],
]) {
  test(what, () => {
    assert.deepEqual(lines(["m/a", "m/b"], events, later).map(([, line]) => line), expected);
  });
}

test("each model keeps its own reason, not that of the turn", () => {
  const exhausted = { type: "exhausted", models_tried: ["m/a", "m/b"], final_error: { ...facts, message: "bad key" } };
  assert.deepEqual(lines(["m/a", "m/b"], [...A_TO_B, exhausted, ERROR]), [
    ["m/a", "failed, 2 attempts", "no room"],
    ["m/b", "failed", "bad key"],
  ]);
});

test("a model that the chain did not name is added", () => {
  assert.deepEqual(lines(["m/a"], [...A_TO_B, { ...FINISH, model: "m/b" }]).map(([model]) => model), ["m/a", "m/b"]);
});

test("a delta after the first one of its attempt changes nothing", () => {
  const chain = new ChainState(["demo/hello"]);
  const events = turn("t", START, HELLO, HELLO, { ...HELLO, attempt: 2 }, FINISH, START, HELLO);
  assert.deepEqual(events.map((event) => chain.push(event, NOW)), [true, true, false, true, true, true, true]);
});
