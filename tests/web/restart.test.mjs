// A worker that dies or hangs is replaced: every promise settles, sessions go on in the new worker, others are not lost.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ABORTED, FINISH, HELLO, RESULT, START, turn } from "./fake_worker.mjs";
import { recreate, seconds, start, takeOver } from "./replaced.mjs";
import { settle } from "./started.mjs";

const HISTORY = [{ role: "user", content: "hi" }, { role: "assistant", content: "Hello" }];

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

function conversation(worker, session, start, messages) {
  worker.say(JSON.stringify({ type: "conversation", session, start, messages }));
}

const failed = (kind, message) => (error) => error.kind === kind && message.test(error.message);

test("a session goes on in another worker after its last completed turn", async () => {
  const { workers, heard, sessions: [session, idle] } = await start(2);
  const [worker] = workers;
  const first = session.send("hi");
  const command = await worker.command("send");
  worker.events("s1", ...turn("t1", START, HELLO, FINISH));
  conversation(worker, "s1", 0, HISTORY);
  worker.reply(command, RESULT);
  await first;
  const broken = session.send("again");
  await worker.command("send", 1);
  worker.events("s1", ...turn("t2", START, HELLO));
  worker.fail("RuntimeError: unreachable");
  await assert.rejects(broken, (error) => {
    assert.equal(error.retryable, true);
    assert.match(error.hint, /Send the prompt again/);
    return failed("internal", /the worker has died: RuntimeError: unreachable/)(error);
  });
  const last = session.events.at(-1);
  assert.deepEqual([last.type, last.turn, last.seq, last.kind, last.retryable], ["error", "t2", 3, "internal", true]);
  const waiting = session.send("again"); // before the other worker is there
  const next = await takeOver(workers);
  assert.equal(worker.terminated, true);
  assert.deepEqual(
    next.commands("create_session").map(({ params }) => [params.session, params.yaml, params.history]),
    [["s1", "y0", HISTORY]],
  );
  const restarted = {
    type: "runtime_restarted", turn: null, seq: null, reason: "RuntimeError: unreachable", sessions: ["s1", "s2"],
  };
  assert.deepEqual(heard, [restarted]);
  assert.deepEqual([session.events.at(-1), idle.events], [restarted, [restarted]]);
  await recreate(next);
  next.reply(await next.command("send"), RESULT);
  assert.deepEqual(await waiting, RESULT);
  const used = idle.send("hi");
  next.reply(await next.command("create_session", 1), {});
  next.reply(await next.command("send", 1), RESULT);
  await used;
  assert.deepEqual(
    next.posted.slice(1).map(({ method, params }) => [method, params.session]),
    [["create_session", "s1"], ["send", "s1"], ["create_session", "s2"], ["send", "s2"]],
  );
});

test("the copy of a conversation follows a restart of the session, and a closed session is not created again", async () => {
  const { workers, sessions: [session, closed] } = await start(2);
  const [worker] = workers;
  const event = { type: "title", turn: null, seq: null, title: "A title" };
  worker.say(JSON.stringify({ type: "notice", session: "s1", event }));
  conversation(worker, "s1", 0, HISTORY);
  conversation(worker, "s1", 2, HISTORY);
  conversation(worker, "s1", 0, []);
  conversation(worker, "s1", 0, HISTORY.slice(1));
  const closing = closed.close();
  worker.reply(await worker.command("close"), null);
  await closing;
  worker.fail("x");
  const next = await takeOver(workers);
  const exported = session.export();
  await recreate(next);
  next.reply(await next.command("export"), {});
  await exported;
  const again = next.commands("create_session").map(({ params: { history, title } }) => [history, title]);
  assert.deepEqual(again, [[HISTORY.slice(1), "A title"]]);
  assert.deepEqual(session.events.map(({ type }) => type), ["title", "runtime_restarted"]);
});

test("a worker that does not answer is ended after the time limit, and only while it has something to do", async () => {
  const { workers, sessions: [session] } = await start();
  workers[0].hangs = true;
  await seconds(60);
  assert.equal(workers.length, 1);
  const rejected = assert.rejects(session.send("hi"), failed("internal", /has not answered for 10 s/));
  await workers[0].command("send");
  await seconds(9);
  assert.equal(workers[0].terminated, false);
  await seconds(1);
  await rejected;
  await takeOver(workers);
  assert.equal(workers.length, 2);
});

test("code that cannot be interrupted has all of its time, whenever it begins", async () => {
  for (const before of [0, 0.1, 1.9]) {
    for (const granted of [0.5, 2, 6, 13]) {
      const { workers, sessions: [session] } = await start();
      const rejected = assert.rejects(session.send("hi"), failed("internal", /has not answered/));
      await workers[0].command("send");
      await seconds(before);
      workers[0].hangs = true;
      workers[0].say(JSON.stringify({ type: "blocking", seconds: granted }));
      await seconds(granted - 0.1);
      assert.equal(workers[0].terminated, false, `${granted} s after ${before} s`);
      await seconds(0.2);
      assert.equal(workers[0].terminated, true, `${granted} s after ${before} s`);
      await rejected;
    }
  }
});

test("a runtime goes on after any number of turns and tools that had to be ended", async () => {
  const { workers, sessions: [session] } = await start();
  for (let ended = 0; ended < 12; ended++) {
    const worker = workers.at(-1);
    const outcome = Promise.allSettled([session.send("hi")]);
    if (ended) await recreate(worker);
    await worker.command("send");
    worker.hangs = true;
    if (ended % 2) worker.say(JSON.stringify({ type: "blocking", seconds: 2 }));
    else session.abort();
    await seconds(2);
    assert.match((await outcome)[0].reason.kind, /aborted|internal/);
    assert.equal(worker.terminated, true, `number ${ended + 1}`);
    await takeOver(workers);
  }
});

test("hangTimeout sets the limit", async () => {
  const { workers, sessions: [session] } = await start(1, { hangTimeout: 5000 });
  workers[0].hangs = true;
  const rejected = assert.rejects(session.send("hi"), failed("internal", /has not answered for 5 s/));
  await workers[0].command("send");
  await seconds(5);
  await rejected;
});

test("a worker that answers, a long turn and a tab that slept are no reason", async () => {
  const { workers, sessions: [session] } = await start();
  const sending = session.send("hi");
  const command = await workers[0].command("send");
  await seconds(120);
  workers[0].hangs = true;
  await seconds(4);
  mock.timers.setTime(Date.now() + 3_600_000); // the clock jumps, and the timers have not run
  await seconds(4);
  workers[0].hangs = false;
  await seconds(4);
  workers[0].reply(command, RESULT);
  assert.deepEqual(await sending, RESULT);
  assert.equal(workers[0].terminated, false);
});

test("while a Python tool runs, its own time counts", async () => {
  const { workers, sessions: [session] } = await start();
  const [worker] = workers;
  const rejected = assert.rejects(session.send("hi"), failed("internal", /has not answered for 6\d s/));
  await worker.command("send");
  worker.say(JSON.stringify({ type: "blocking", seconds: 61 }));
  worker.hangs = true;
  await seconds(58);
  assert.equal(worker.terminated, false);
  await seconds(4);
  assert.equal(worker.terminated, true);
  await rejected;
});

test("an abort that is not obeyed ends the worker: the turn is aborted, those of others fail", async () => {
  const { workers, sessions: [session, other] } = await start(2);
  const [worker] = workers;
  const [sending, others] = [session.send("hi"), other.send("hi")];
  await worker.command("send", 1);
  worker.events("s1", ...turn("t1", START, HELLO));
  worker.hangs = true;
  session.abort();
  const outcomes = Promise.allSettled([sending, others]);
  await seconds(2);
  assert.deepEqual((await outcomes).map(({ reason }) => reason.kind), ["aborted", "internal"]);
  const { type, reason, partial, message } = session.events.at(-1);
  assert.deepEqual([type, reason, partial, message.content], ["aborted", "user", "Hello", "Hello"]);
  const next = await takeOver(workers);
  const again = other.send("hi");
  await recreate(next);
  next.reply(await next.command("send"), RESULT);
  assert.deepEqual(await again, RESULT);
});

test("a worker that hangs only after it has answered to an abort is ended as well", async () => {
  const { runtime, workers, sessions: [session] } = await start();
  const rejected = assert.rejects(session.send("hi"), failed("aborted", /the turn was aborted/));
  await workers[0].command("send");
  workers[0].say(JSON.stringify({ type: "blocking", seconds: 601 }));
  runtime.abort();
  await seconds(3);
  workers[0].hangs = true;
  await seconds(2);
  assert.equal(workers[0].terminated, true);
  await rejected;
});

test("a worker that answers slowly and does not stop the turn is ended", async () => {
  const { runtime, workers, sessions: [session] } = await start();
  const rejected = assert.rejects(session.send("hi"), failed("aborted", /the turn was aborted/));
  const [worker] = workers;
  await worker.command("send");
  worker.hangs = true;
  runtime.abort();
  for (const answers of [1, 2, 2, 1]) {
    await seconds(0.7); // one pass of its event loop
    for (let answer = 0; answer < answers; answer++) worker.say({ type: "pong" });
  }
  assert.equal(worker.terminated, true);
  await rejected;
});

test("an abort that is obeyed ends nothing else", async () => {
  const { workers, sessions: [session] } = await start();
  const [worker] = workers;
  const sending = session.send("hi");
  const command = await worker.command("send");
  session.abort();
  await seconds(5); // a tool may take its time
  worker.events("s1", ...turn("t1", START, ABORTED));
  worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
  await assert.rejects(sending, failed("aborted", /aborted/));
  assert.equal(workers.length, 1);
});

test("a worker that dies again and again is given up", async () => {
  const { runtime, workers, sessions: [session] } = await start();
  for (let death = 0; death < 5; death++) {
    workers.at(-1).fail("x");
    await takeOver(workers);
  }
  workers.at(-1).fail("x");
  assert.match((await runtime.closed).message, /has died, for the 6th time in a minute: x/);
  await assert.rejects(session.send("hi"), failed("internal", /for the 6th time/));
  assert.equal(workers.length, 6);
});

test("without a worker that can replace it, everything is refused", async () => {
  const { runtime, workers, sessions: [session] } = await start();
  workers[0].fail("x");
  const waiting = session.send("hi");
  await settle();
  workers[1].say({ type: "boot_failed", stage: "check", reason: "no network", hint: "" });
  await assert.rejects(waiting, failed("internal", /has died \(x\), and another one could not be started: .*no network/));
  assert.match((await runtime.closed).message, /could not be started/);
});

test("dispose while a worker is being replaced ends the new one", async () => {
  const { runtime, workers } = await start();
  workers[0].fail("x");
  await settle();
  runtime.dispose();
  workers[1].ready();
  await settle();
  assert.equal(workers[1].terminated, true);
});

test("functions of the page that a dead worker has called are stopped, and fetch is used again", async () => {
  const { workers } = await start(0, { fetch: (_, { signal }) => new Promise((_, reject) => (signal.onabort = reject)) });
  const [worker] = workers;
  const input = { url: "https://x.test/", method: "GET", headers: {}, redirect: "error" };
  worker.call(1, "fetch", input);
  await settle();
  worker.fail("x");
  const next = await takeOver(workers);
  assert.deepEqual(next.posted.map(({ method }) => method), [undefined, "use_page_fetch"]);
  assert.deepEqual([worker.pieces, next.pieces], [[], []]);
});

test("restart: false leaves a dead worker dead", async () => {
  const { runtime, workers, sessions: [session] } = await start(1, { restart: false });
  workers[0].fail("x");
  assert.match((await runtime.closed).message, /the worker has died: x/);
  await assert.rejects(session.send("hi"), failed("internal", /has died/));
  assert.equal(workers.length, 1);
});
