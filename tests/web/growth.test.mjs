// A page that takes in a long answer pays the same for each delta, whatever came before.

import assert from "node:assert/strict";
import test from "node:test";
import { createTranscript } from "../../web/fold.js";
import { Queue } from "../../web/client/queue.js";
import { START } from "./fake_worker.mjs";

const SHORT = 20_000;
const LONG = 200_000;
/** Ten times as many may take this many times as long: a quadratic one takes a hundred times. */
const MOST = 30;

/** The least of several tries, in ms of this process: what the machine does meanwhile does not count. */
async function least(work) {
  let best = Infinity;
  for (let tries = 0; tries < 3; tries += 1) {
    const start = process.cpuUsage();
    await work();
    best = Math.min(best, process.cpuUsage(start).user / 1000);
  }
  return best;
}

const delta = { type: "delta", turn: "t1", attempt: 1, index: 0, content: "word " };

test("folding is linear, also when somebody looks now and then", async () => {
  const take = (count) => () => {
    const transcript = createTranscript();
    transcript.push({ ...START, turn: "t1" });
    for (let number = 0; number < count; number += 1) {
      transcript.push(delta);
      if (number % (count / 50) === 0) transcript.snapshot();
    }
    assert.equal(transcript.snapshot().text.length, count * delta.content.length);
  };
  take(SHORT)();
  const short = await least(take(SHORT));
  assert.ok((await least(take(LONG))) < MOST * short + 20);
});

test("a reader that comes late gets everything in linear time", async () => {
  const take = (count) => async () => {
    const queue = new Queue();
    for (let number = 0; number < count; number += 1) queue.push(number);
    queue.end();
    let taken = 0;
    for await (const _ of queue) taken += 1;
    assert.equal(taken, count);
  };
  await take(SHORT)();
  const short = await least(take(SHORT));
  assert.ok((await least(take(LONG))) < MOST * short + 20);
});
