// Sessions: turns, streams and aborting.

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { fold } from "../../web/sparewheel.js";
import { ABORTED, ERROR, FINISH, HELLO, RESULT, START, turn } from "./fake_worker.mjs";
import { collect, kind, start } from "./sessions.mjs";

test("send settles with the result, after the events", async () => {
  const order = [];
  const { worker, session } = await start((event) => order.push(event.type));
  const sending = session.send("hi").then((result) => (order.push("result"), result));
  const command = await worker.command("send");
  assert.deepEqual(command.params, { prompt: "hi", interactive: true, session: "s1" });
  worker.events("s1", ...turn("t1", START, HELLO, FINISH));
  worker.reply(command, RESULT);
  assert.deepEqual(await sending, RESULT);
  assert.deepEqual(order, ["start", "delta", "finish", "result"]);
});

test("a title comes outside of turns: to the listener and the session, not to a stream", async () => {
  const heard = [];
  const { worker, session } = await start((event) => heard.push(event.type));
  assert.equal(session.title, null);
  const streaming = collect(session.stream("hi"));
  const command = await worker.command("send");
  worker.events("s1", ...turn("t1", START));
  const event = { type: "title", turn: null, seq: null, title: "A title" };
  worker.say(JSON.stringify({ type: "notice", session: "s9", event }));
  worker.say(JSON.stringify({ type: "notice", session: "s1", event }));
  assert.equal(session.title, "A title");
  worker.events("s1", ...turn("t1", START, FINISH).slice(1));
  worker.reply(command, RESULT);
  assert.deepEqual((await streaming).map(({ type }) => type), ["start", "finish"]);
  assert.deepEqual(heard, ["start", "title", "finish"]);
  assert.equal(fold([...turn("t1", START, HELLO, FINISH), event]).text, "Hello");
  const restarting = session.restart();
  worker.reply(await worker.command("restart"), null);
  await restarting;
  assert.equal(session.title, null);
});

test("a title that was given is there at once, and stays", async () => {
  const { worker, runtime } = await start();
  const creating = runtime.createSession({ yaml: "y", title: "Mine" });
  const command = await worker.command("create_session", 1);
  assert.equal(command.params.title, "Mine");
  worker.reply(command, { agent: "root", models: [] });
  assert.equal((await creating).title, "Mine");
});

test("resume and resolve are commands; a resumed turn starts anew", async () => {
  const { worker, session } = await start(() => {});
  const resuming = session.resume();
  const command = await worker.command("resume");
  assert.deepEqual(command.params, { interactive: true, session: "s1" });
  worker.events("s1", ...turn("t1", { ...START, resumed: true }, { type: "in_doubt", id: "c1", name: "write", args: "{}" }));
  const resolving = session.resolve("c1", "done", "written");
  const decision = await worker.command("resolve");
  assert.deepEqual(decision.params, { id: "c1", decision: "done", result: "written", session: "s1" });
  worker.reply(decision, null);
  await resolving;
  worker.events("s1", ...turn("t1", HELLO, FINISH));
  worker.reply(command, RESULT);
  assert.deepEqual(await resuming, RESULT);
});

test("prompts of servers are listed and filled in by commands", async () => {
  const { worker, session } = await start(() => {});
  const listing = session.prompts();
  const list = await worker.command("prompts");
  assert.deepEqual(list.params, { session: "s1" });
  const prompt = { server: "docs", name: "review", description: "", arguments: [] };
  worker.reply(list, [prompt]);
  assert.deepEqual(await listing, [prompt]);
  const filling = session.fillPrompt({ server: "docs", name: "review", arguments: { of: "x" } });
  const fill = await worker.command("fill_prompt");
  assert.deepEqual(fill.params, { session: "s1", server: "docs", name: "review", arguments: { of: "x" } });
  worker.reply(fill, [{ type: "text", text: "Review x" }]);
  assert.deepEqual(await filling, [{ type: "text", text: "Review x" }]);
});

test("each session hears its own events only", async () => {
  const [one, two] = [[], []];
  const { worker } = await start((event) => one.push(event.turn), (event) => two.push(event.turn));
  worker.events("s2", ...turn("t2", START));
  worker.events("s1", ...turn("t1", START));
  worker.events("s9", ...turn("t9", START));
  assert.deepEqual([one, two], [["t1"], ["t2"]]);
});

for (const [how, fail] of [
  ["throws", () => { throw new Error("mine"); }],
  ["rejects", async () => { throw new Error("mine"); }],
]) {
  test(`a listener that ${how} is reported once, and hurts nobody`, async () => {
    const report = mock.method(console, "error", () => {});
    try {
      const heard = [];
      const { worker, sessions } = await start(fail, (event) => heard.push(event.type));
      const streaming = collect(sessions[0].stream("hi"));
      const command = await worker.command("send");
      worker.events("s1", ...turn("t1", START, { ...HELLO, content: "sk-CANARY" }, FINISH));
      worker.events("s2", ...turn("t2", START, FINISH));
      worker.reply(command, RESULT);
      assert.deepEqual((await streaming).map(({ type }) => type), ["start", "delta", "finish"]);
      assert.deepEqual(heard, ["start", "finish"]);
      assert.equal(report.mock.callCount(), 1);
      assert.doesNotMatch(report.mock.calls[0].arguments.join(" "), /CANARY/);
    } finally {
      report.mock.restore();
    }
  });
}

test("stream yields the events as they come and ends after the terminal one", async () => {
  const { worker, session } = await start();
  const stream = session.stream("hi");
  const [start_, delta, finish] = turn("t1", START, HELLO, FINISH);
  const first = stream.next();
  const command = await worker.command("send");
  worker.events("s1", start_);
  assert.deepEqual(await first, { done: false, value: start_ });
  worker.events("s1", delta, finish);
  assert.deepEqual(await stream.next(), { done: false, value: delta });
  assert.deepEqual(await stream.next(), { done: false, value: finish });
  worker.reply(command, RESULT);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  assert.equal(worker.commands("abort").length, 0);
});

for (const [what, last, error] of [
  ["fails", ERROR, { kind: "overloaded", message: "all models failed" }],
  ["is aborted", ABORTED, { kind: "aborted", message: "the turn was aborted" }],
]) {
  test(`a turn that ${what}: the stream ends with that event, send rejects`, async () => {
    const { worker, session } = await start();
    const streaming = collect(session.stream("hi"));
    worker.events("s1", ...turn("t1", START, HELLO, last));
    worker.refuse(await worker.command("send"), error);
    assert.deepEqual((await streaming).map(({ type }) => type), ["start", "delta", last.type].slice(0, 3));
    const sending = session.send("again");
    worker.refuse(await worker.command("send", 1), error);
    await assert.rejects(sending, kind(error.kind, new RegExp(error.message)));
  });
}

test("what fails before the first event throws from the stream", async () => {
  const { worker, session } = await start();
  const seen = [];
  const streaming = collect(session.stream(undefined), seen);
  const command = await worker.command("send");
  assert.deepEqual(command.params, { interactive: true, session: "s1" });
  worker.refuse(command, { kind: "config", message: "prompt must be a string" });
  await assert.rejects(streaming, kind("config", /must be a string/));
  assert.deepEqual(seen, []);
});

test("a second turn is refused while one runs, and does not touch it", async () => {
  const { worker, session } = await start();
  const sending = session.send("hi");
  const control = new AbortController();
  await assert.rejects(session.send("too early", { signal: control.signal }), kind("config", /already running/));
  await assert.rejects(collect(session.stream("too early")), kind("config", /already running/));
  control.abort();
  worker.reply(await worker.command("send"), RESULT);
  await sending;
  assert.equal(worker.commands("abort").length, 0);
  assert.equal(worker.commands("send").length, 1);
});

test("leaving a stream early aborts the turn and waits until it has ended", async () => {
  const { worker, session } = await start();
  const leaving = (async () => {
    for await (const event of session.stream("hi")) {
      if (event.type === "delta") break;
    }
  })();
  const command = await worker.command("send");
  worker.events("s1", ...turn("t1", START, HELLO));
  const abort = await worker.command("abort");
  assert.deepEqual(abort.params, { session: "s1", reason: "consumer" });
  await assert.rejects(session.send("too early"), kind("config", /already running/));
  worker.reply(abort, null);
  worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
  await leaving;
  const next = session.send("next");
  worker.reply(await worker.command("send", 1), RESULT);
  assert.deepEqual(await next, RESULT);
});

for (const [how, leave] of [
  ["return", (stream) => stream.return()],
  ["throw", (stream) => assert.rejects(stream.throw(new Error("mine")), /mine/)],
  ["a cancelled ReadableStream", (stream, reader) => reader.cancel()],
]) {
  test(`a stream that is left by ${how} stops at once, also while an event is awaited`, async () => {
    const { worker, session } = await start();
    const stream = session.stream("hi");
    const reader = ReadableStream.from(stream).getReader();
    const waiting = how.startsWith("a ") ? reader.read() : stream.next();
    const command = await worker.command("send");
    const leaving = leave(stream, reader);
    const abort = await worker.command("abort");
    assert.deepEqual(abort.params, { session: "s1", reason: "consumer" });
    worker.reply(abort, null);
    worker.events("s1", ...turn("t1", { ...ABORTED, reason: "consumer" }));
    worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
    await Promise.all([waiting, leaving]);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    assert.equal(worker.commands("abort").length, 1);
  });
}

test("a stream that is left before it has begun starts no turn, and one that was refused touches no other", async () => {
  const { worker, session } = await start();
  await session.stream("never").return();
  const sending = session.send("hi");
  const refused = session.stream("too early");
  const waiting = refused.next();
  refused.return();
  await assert.rejects(waiting, kind("config", /already running/));
  worker.reply(await worker.command("send"), RESULT);
  await sending;
  assert.deepEqual([worker.commands("send").length, worker.commands("abort").length], [1, 0]);
});

test("the end of the worker tells who had stopped the turn", async () => {
  for (const reason of ["user", "consumer"]) {
    const heard = [];
    const { worker, runtime, session } = await start((event) => heard.push(event));
    const rejected = assert.rejects(session.send("hi"), kind("aborted"));
    await worker.command("send");
    worker.events("s1", ...turn("t1", START));
    session.abort(reason);
    runtime.dispose();
    await rejected;
    assert.deepEqual(heard.map(({ type, reason }) => [type, reason]).at(-1), ["aborted", reason]);
  }
});

test("leaving a stream at its terminal event aborts nothing", async () => {
  const { worker, session } = await start();
  const leaving = (async () => {
    for await (const event of session.stream("hi")) {
      if (event.type === "finish") break;
    }
  })();
  worker.events("s1", ...turn("t1", START, FINISH));
  worker.reply(await worker.command("send"), RESULT);
  await leaving;
  assert.equal(worker.commands("abort").length, 0);
});

test("a signal aborts its turn; one that is aborted already starts none", async () => {
  const { worker, session } = await start();
  const control = new AbortController();
  const sending = session.send("hi", { signal: control.signal });
  const command = await worker.command("send");
  control.abort();
  assert.deepEqual((await worker.command("abort")).params, { session: "s1", reason: "user" });
  worker.events("s1", ...turn("t1", START, ABORTED));
  worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
  await assert.rejects(sending, kind("aborted", /aborted/));
  await assert.rejects(session.send("hi", { signal: control.signal }), kind("aborted", /aborted/));
  await assert.rejects(collect(session.stream("hi", { signal: control.signal })), kind("aborted", /aborted/));
  assert.equal(worker.commands("send").length, 1);
});

test("abort() stops the turn for the user", async () => {
  const { worker, session } = await start();
  const sending = session.send("hi");
  const command = await worker.command("send");
  session.abort(new Event("click"));
  assert.deepEqual((await worker.command("abort")).params, { session: "s1", reason: "user" });
  session.abort("consumer");
  assert.deepEqual((await worker.command("abort", 1)).params, { session: "s1", reason: "consumer" });
  worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
  await assert.rejects(sending, kind("aborted"));
});

test("a signal that aborts after the turn does nothing", async () => {
  const { worker, session } = await start();
  const control = new AbortController();
  const sending = session.send("hi", { signal: control.signal });
  worker.reply(await worker.command("send"), RESULT);
  await sending;
  control.abort();
  session.export().catch(() => {}); // goes out after an abort would have
  await worker.command("export");
  assert.equal(worker.commands("abort").length, 0);
});
