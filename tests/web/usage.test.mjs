// Tokens and cost of a conversation, by attempt.

import assert from "node:assert/strict";
import { test } from "node:test";

import { counted, dollars, Usage } from "../../web/app/hood/usage.js";

const used = (turn, attempt, input, output, cost, discarded = false) => ({
  type: "usage", turn, attempt, model: "a/m", input_tokens: input, output_tokens: output, cached_tokens: null, cost, discarded,
});

test("each attempt counts, the discarded ones too, and what is not known is not zero", () => {
  const usage = new Usage();
  const none = { input: null, output: null, cached: null, cost: null };
  assert.deepEqual(usage.total, { ...none, complete: true });
  assert.equal(usage.push({ type: "start", turn: "t1" }), false);
  assert.equal(usage.push(used("t1", 1, 10, 3, 0.001, true)), true);
  usage.push(used("t1", 2, 10, null, 0.002));
  usage.push({ type: "start", turn: "t2" });
  usage.push(used("t2", 1, 5, 1, null));
  assert.deepEqual(usage.total, { input: 25, output: 4, cached: null, cost: 0.003, complete: false });
  assert.deepEqual(usage.attempts.map(({ turn, attempt, discarded }) => [turn, attempt, discarded]), [[1, 1, true], [1, 2, false], [2, 1, false]]);
  usage.clear();
  assert.deepEqual(usage.total, { ...none, complete: true });
});

test("a long conversation keeps its last attempts", () => {
  const usage = new Usage();
  for (let attempt = 1; attempt <= 600; attempt++) usage.push(used("t1", attempt, 1, 1, 0));
  assert.deepEqual([usage.attempts.length, usage.attempts.at(-1)?.attempt], [500, 600]);
});

test("sums as people read them", () => {
  assert.deepEqual([null, 0, 0.000312, 0.0131, 1.5].map(dollars), ["not known", "$0", "$0.00031", "$0.013", "$1.50"]);
  assert.deepEqual([null, 0, 12345].map(counted), ["not known", "0", "12,345"]);
});
