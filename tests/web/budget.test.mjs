// The time that answers get for what they render: little at once, no more than a share of it all, whatever asks for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Budget, MOST_DEBT_MS, MOST_MS } from "../../web/app/answer/budget.js";
import { expectedHeight } from "../../web/app/chats/height.js";

class Clock {
  time = 1000;
  now = () => this.time;
}

/** Work of `steps` steps that take `ms` each: how many of them are done at once. */
function worked(clock, budget, steps, ms) {
  let done = 0;
  budget.run((isSpent) => {
    while (done < steps) {
      clock.time += ms;
      done += 1;
      if (isSpent()) return true;
    }
    return false;
  });
  return done;
}

test("many answers that come at once share the time of one", () => {
  const clock = new Clock();
  const budget = new Budget(clock.now);
  let done = 0;
  for (let answers = 0; answers < 50 && budget.isLeft; answers++) done += worked(clock, budget, 2, 1);
  assert.equal(done, MOST_MS);
  assert.equal(clock.time, 1000 + MOST_MS);
});

test("a step that takes too long is made up for", () => {
  const clock = new Clock();
  const budget = new Budget(clock.now);
  assert.equal(worked(clock, budget, 10, 40), 1);
  clock.time += 40 - MOST_MS;
  assert.ok(!budget.isLeft);
  clock.time += 1;
  assert.ok(budget.isLeft);
});

test("no more is made up for if the machine has slept in the middle of a step", () => {
  const clock = new Clock();
  const budget = new Budget(clock.now);
  worked(clock, budget, 1, 3_600_000);
  clock.time += MOST_DEBT_MS + 1;
  assert.ok(budget.isLeft);
});

test("work in every frame gets half of the time, and a pause saves up no more than the most", () => {
  const clock = new Clock();
  const budget = new Budget(clock.now);
  let busy = 0;
  for (let frame = 0; frame < 600; frame++) {
    clock.time = 1000 + frame * 16;
    if (budget.isLeft) busy += worked(clock, budget, 1000, 1);
  }
  assert.ok(busy <= MOST_MS + 600 * 8, `${busy} ms`);
  assert.ok(busy >= 0.9 * 600 * 8, `${busy} ms`);
  clock.time += 60_000;
  assert.equal(worked(clock, budget, 1000, 1), MOST_MS);
});

test("a turn that is not laid out yet is taken to be as high as its text", () => {
  const height = (content) => expectedHeight({ events: [{ type: "delta", content }] });
  assert.ok(height("word ".repeat(800)) > 3 * height("word ".repeat(160)));
  assert.ok(height("line\n\n".repeat(50)) > 3 * height("line\n\n".repeat(10)));
  assert.ok(height("") > 0);
});
