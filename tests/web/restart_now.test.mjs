// runtime.restart(): another worker at once, because the user wants no more to wait.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { HELLO, RESULT, START, turn } from "./fake_worker.mjs";
import { recreate, start, takeOver } from "./replaced.mjs";
import { settle } from "./started.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

for (const restart of [true, false]) {
  test(`a worker that hangs is replaced when the page asks for it, with restart: ${restart}`, async () => {
    const { runtime, workers, heard, sessions: [session] } = await start(1, { restart });
    const turnOne = assert.rejects(session.send("hi"), { kind: "aborted" });
    await workers[0].command("send");
    workers[0].events("s1", ...turn("t1", START, HELLO));
    workers[0].hangs = true;
    const restarting = runtime.restart();
    await turnOne;
    assert.equal(workers[0].terminated, true);
    const last = session.events.filter(({ turn }) => turn).at(-1);
    assert.deepEqual([last.type, last.reason, last.partial], ["aborted", "restart", "Hello"]);
    const next = await takeOver(workers);
    await restarting;
    assert.deepEqual([workers.length, heard.map(({ type }) => type)], [2, ["runtime_restarted"]]);
    const again = session.send("again");
    await recreate(next);
    next.reply(await next.command("send"), RESULT);
    assert.deepEqual(await again, RESULT);
  });
}

test("restarting does not count as the death of a worker, however often", async () => {
  const { runtime, workers } = await start();
  for (let time = 0; time < 8; time++) {
    const both = Promise.all([runtime.restart(), runtime.restart()]);
    await takeOver(workers);
    await both;
  }
  assert.equal(workers.length, 9);
  workers.at(-1).fail("x");
  await takeOver(workers);
  assert.equal(workers.length, 10);
});

test("a worker that cannot be started ends the runtime", async () => {
  const { runtime, workers } = await start();
  const rejected = assert.rejects(runtime.restart(), /could not be started/);
  await settle();
  workers.at(-1).fail("no memory");
  await rejected;
  await assert.rejects(runtime.restart(), /could not be started/);
  runtime.dispose();
  await assert.rejects(runtime.parseConfig("x"), /could not be started/);
});

test("a runtime that was disposed of cannot be restarted", async () => {
  const { runtime } = await start();
  runtime.dispose();
  await assert.rejects(runtime.restart(), /disposed of/);
});
