// Which events have lines in the log of the page: few in a step, however fast they come, and never more than a page of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LOOKED_AT, LogWindow, MADE, PAGE } from "../../web/app/hood/log-window.js";

const event = (seq, type = "delta") => ({ type, seq, turn: "t", content: `word ${seq}` });

/** A log with its lines, as a page would have them. */
class Log {
  window = new LogWindow();
  lines = [];
  isFollowing = true;
  steps = 0;

  constructor(wanted = "") {
    this.window.begin(wanted);
  }

  push(count, type) {
    for (let at = 0; at < count; at++) this.window.push(event(this.window.total + 1, type));
  }

  step() {
    const { isAnew, before, dropped, after } = this.window.step(this.isFollowing);
    assert.ok(before.length + after.length <= (this.steps++ === 0 ? PAGE : MADE));
    this.lines = [...before, ...(isAnew ? [] : this.lines.slice(dropped)), ...after];
    const seqs = this.lines.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(seqs).size, seqs.length);
    return this.window.hasMore(this.isFollowing);
  }

  /** Steps until nothing is left to do. */
  settle() {
    let steps = 0;
    for (let more = true; more; steps++) more = this.step();
    return steps;
  }

  get seqs() {
    return this.lines.map(({ seq }) => seq);
  }
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("the last events have lines, a page of them", () => {
  const log = new Log();
  log.push(3);
  log.settle();
  assert.deepEqual(log.seqs, [1, 2, 3]);
  assert.ok(log.window.isWhole && !log.window.isCut);
  for (let frame = 0; frame < 100; frame++) {
    log.push(17);
    log.step();
    assert.ok(log.lines.length <= PAGE);
    assert.equal(log.seqs.at(-1), log.window.total);
  }
  assert.deepEqual(log.seqs, range(1704 - PAGE, 1703));
  assert.ok(log.window.isCut);
});

test("a step does not grow with what has come: what is too much is passed over", () => {
  const log = new Log();
  log.push(5);
  log.settle();
  log.push(100_000);
  log.step();
  assert.deepEqual(log.seqs, range(100_006 - MADE, 100_005));
  assert.equal(log.settle(), PAGE / MADE - 1);
  assert.deepEqual(log.seqs, range(100_006 - PAGE, 100_005));
  assert.equal(log.window.events.length, 2000);
});

test("a filter looks at so many events in a step", () => {
  const log = new Log("FINISH");
  log.push(300);
  log.push(2, "finish");
  log.push(600);
  assert.ok(log.settle() <= 1 + Math.ceil(902 / LOOKED_AT));
  assert.deepEqual(log.seqs, [301, 302]);
  assert.ok(log.window.isWhole);
  assert.deepEqual(
    log.window.events.map(({ seq }) => seq),
    [301, 302],
  );
});

test("earlier events come when they are asked for, as far as they are kept", () => {
  const log = new Log();
  log.push(2500);
  log.settle();
  for (let pages = 2; pages <= 10; pages++) {
    assert.ok(log.window.isCut);
    log.window.extend();
    log.settle();
    assert.deepEqual(log.seqs, range(2501 - pages * PAGE, 2500));
  }
  assert.ok(log.window.isWhole && !log.window.isCut);
});

test("nothing moves while it is read; at the end again, the last events are there", () => {
  const log = new Log();
  log.push(1000);
  log.settle();
  const before = log.seqs;
  log.isFollowing = false;
  log.push(500);
  log.settle();
  assert.deepEqual(log.seqs, before);
  log.isFollowing = true;
  log.settle();
  assert.deepEqual(log.seqs, range(1501 - PAGE, 1500));
});
