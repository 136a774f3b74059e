// A worker that may have to be ended: another one is started in advance, and takes over at once or is ended.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ABORTED, HELLO, RESULT, START, turn } from "./fake_worker.mjs";
import { recreate, seconds, start, takeOver } from "./replaced.mjs";
import { settle } from "./started.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

const isKind = (kind) => (error) => error.kind === kind;

/** Two sessions, a turn of the first that is aborted, and a worker that does not answer. */
async function hang(options) {
  const started = await start(2, options);
  const { workers, sessions } = started;
  const outcome = Promise.allSettled([sessions[0].send("hi")]);
  const command = await workers[0].command("send");
  workers[0].hangs = true;
  sessions[0].abort();
  return { ...started, outcome, command };
}

test("a turn is settled two seconds after its abort, and other sessions answer at once: another worker is ready then", async () => {
  const { workers, sessions, outcome } = await hang();
  await seconds(0.7);
  assert.equal(workers.length, 1);
  await seconds(0.5);
  assert.equal(workers.length, 2);
  workers[1].ready();
  await seconds(0.7);
  assert.equal(workers[0].terminated, false);
  await seconds(0.1);
  assert.deepEqual((await outcome).map(({ reason }) => reason.kind), ["aborted"]);
  assert.equal(workers[0].terminated, true);
  const other = sessions[1].send("hi");
  await recreate(workers[1]);
  workers[1].reply(await workers[1].command("send"), RESULT);
  assert.deepEqual(await other, RESULT);
  assert.equal(workers.length, 2);
});

test("nothing passes between the page and a worker that has not taken over, but the message to start", async () => {
  const heard = [];
  const { workers, sessions, command, outcome } = await hang({ onProgress: ({ stage }) => heard.push(stage) });
  await seconds(1.2);
  const [worker, spare] = workers;
  spare.progress("snapshot");
  spare.ready();
  await settle();
  spare.events("s1", ...turn("t9", START, HELLO));
  spare.reply(command, RESULT);
  spare.call(1, "fetch", {});
  await settle();
  assert.deepEqual([spare.posted.map(({ type }) => type), heard, sessions[0].events], [["boot"], [], []]);
  worker.events("s1", ...turn("t1", START, ABORTED)); // the one before still has the floor
  worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
  assert.deepEqual((await outcome).map(({ reason }) => reason.kind), ["aborted"]);
  assert.deepEqual(sessions[0].events.map(({ turn }) => turn), ["t1", "t1"]);
});

test("in a hidden tab, where timers fire once in a second, it takes as long", async () => {
  const { workers, outcome } = await hang();
  for (let second = 0; second < 2; second++) {
    assert.equal(workers.length, second + 1);
    mock.timers.setTime(Date.now() + 600);
    mock.timers.tick(400);
    await settle();
  }
  assert.deepEqual((await outcome).map(({ reason }) => reason.kind), ["aborted"]);
  assert.equal(workers[0].terminated, true);
});

test("a worker that obeys after all goes on, and the other one is ended; the next time another one is started", async () => {
  for (const ready of [false, true]) {
    const { workers, command, outcome, sessions } = await hang();
    await seconds(1.2);
    if (ready) workers[1].ready();
    await settle();
    workers[0].refuse(command, { kind: "aborted", message: "the turn was aborted" });
    await outcome;
    await settle();
    assert.deepEqual(workers.map(({ terminated }) => terminated), [false, true], `ready: ${ready}`);
    const again = Promise.allSettled([sessions[0].send("again")]);
    await workers[0].command("send", 1);
    sessions[0].abort();
    await seconds(2);
    assert.equal((await again)[0].reason.kind, "aborted");
    assert.equal(workers.length, 3);
  }
});

test("a worker that answers promptly again is not replaced", async () => {
  const { workers, command, outcome } = await hang();
  await seconds(1.2);
  workers[0].hangs = false;
  for (let ping = 0; ping < 3; ping++) workers[0].say({ type: "pong" }); // to those that it has not answered
  await seconds(4);
  assert.deepEqual(workers.map(({ terminated }) => terminated), [false, true]);
  workers[0].refuse(command, { kind: "aborted", message: "the turn was aborted" });
  await outcome;
});

test("a worker that is still starting when it is needed takes over as soon as it is ready", async () => {
  const heard = [];
  const { workers, outcome } = await hang({ onProgress: ({ stage }) => heard.push(stage) });
  await seconds(2);
  await outcome;
  assert.equal(workers.length, 2);
  workers[1].progress("runtime");
  assert.deepEqual(heard, ["runtime"]);
  await takeOver(workers);
  assert.equal(workers.length, 2);
});

test("a worker that fails before it is needed is replaced by another one", async () => {
  const failures = {
    "does not start": (spare) => spare.say({ type: "boot_failed", stage: "check", reason: "no memory", hint: "" }),
    "dies when it is ready": (spare) => (spare.ready(), settle().then(() => spare.fail("out of memory"))),
  };
  for (const [name, fail] of Object.entries(failures)) {
    const { workers, outcome } = await hang();
    await seconds(1.2);
    await fail(workers[1]);
    await seconds(0.8);
    await outcome;
    const next = await takeOver(workers);
    assert.deepEqual([workers.length, workers[1].terminated, next.terminated], [3, true, false], name);
  }
});

test("a worker that fails to start after it was needed is started once more", async () => {
  const { workers, outcome } = await hang();
  await seconds(2);
  await outcome;
  workers[1].say({ type: "boot_failed", stage: "check", reason: "no memory", hint: "" });
  await takeOver(workers);
  assert.deepEqual(workers.map(({ terminated }) => terminated), [true, true, false]);
});

test("a turn that does not answer for half of hangTimeout starts one as well", async () => {
  const { workers, sessions: [session] } = await start(1, { hangTimeout: 5000 });
  workers[0].hangs = true;
  const rejected = assert.rejects(session.send("hi"), isKind("internal"));
  await workers[0].command("send");
  await seconds(1.9);
  assert.equal(workers.length, 1);
  await seconds(1);
  assert.equal(workers.length, 2);
  workers[0].events("s1", ...turn("t1", START, HELLO)); // a sign of life
  await settle();
  assert.equal(workers[1].terminated, true);
  await seconds(5);
  await rejected;
  await takeOver(workers);
  assert.equal(workers.length, 3);
});

test("while a Python tool runs, one is started shortly before its time is over", async () => {
  const { workers, sessions: [session] } = await start();
  const rejected = assert.rejects(session.send("hi"), isKind("internal"));
  await workers[0].command("send");
  workers[0].say(JSON.stringify({ type: "blocking", seconds: 61 }));
  workers[0].hangs = true;
  await seconds(52);
  assert.equal(workers.length, 1);
  await seconds(10);
  await rejected;
  await takeOver(workers);
  assert.equal(workers.length, 2);
});

test("dispose ends it, whether it is ready or not", async () => {
  for (const ready of [false, true]) {
    const { runtime, workers, outcome } = await hang();
    await seconds(1.2);
    if (ready) workers[1].ready();
    await settle();
    runtime.dispose();
    await outcome;
    await settle();
    assert.deepEqual(workers.map(({ terminated }) => terminated), [true, true]);
  }
});

test("several aborts at a time start one", async () => {
  const { workers, sessions, outcome } = await hang();
  const other = Promise.allSettled([sessions[1].send("hi")]);
  await seconds(0.3);
  sessions[1].abort();
  sessions[0].abort();
  await seconds(1.7);
  await Promise.all([outcome, other]);
  await takeOver(workers);
  assert.equal(workers.length, 2);
});

test("none is started where a worker is not replaced", async () => {
  const { workers, sessions: [session] } = await start(1, { restart: false });
  workers[0].hangs = true;
  const rejected = assert.rejects(session.send("hi"), isKind("aborted"));
  await workers[0].command("send");
  session.abort();
  await seconds(10);
  await rejected;
  assert.equal(workers.length, 1);
});

test("none is started in advance when workers have died too often, and one that was stopped is replaced all the same", async () => {
  const { workers, sessions: [session] } = await start();
  for (let death = 0; death < 5; death++) {
    workers.at(-1).fail("x");
    await takeOver(workers);
  }
  const rejected = assert.rejects(session.send("hi"), isKind("aborted"));
  await recreate(workers.at(-1));
  await workers.at(-1).command("send");
  workers.at(-1).hangs = true;
  session.abort();
  await seconds(1.9);
  assert.equal(workers.length, 6);
  await seconds(0.1);
  await rejected;
  await settle();
  assert.equal(workers.length, 7);
});
