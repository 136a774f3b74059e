// What becomes of sessions at their end, or when the worker dies.

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { ABORTED, FINISH, HELLO, RESULT, START, turn } from "./fake_worker.mjs";
import { collect, kind, start } from "./sessions.mjs";

test("a worker that dies gives each running turn one terminal event, then rejects", async () => {
  const [running, finished, idle] = [[], [], []];
  const { worker, sessions } = await start(
    (event) => running.push(event), (event) => finished.push(event), (event) => idle.push(event),
  );
  const streaming = collect(sessions[0].stream("hi"));
  const sending = sessions[1].send("hi");
  await worker.command("send", 1);
  worker.events("s1", ...turn("t1", START, HELLO));
  worker.events("s2", ...turn("t2", START, FINISH));
  worker.fail("RuntimeError: unreachable");
  worker.fail("again");
  const events = await streaming;
  assert.deepEqual(events.slice(0, 2), turn("t1", START, HELLO));
  const { type, turn: id, seq, kind: what, code, message, retryable, attempts } = events[2];
  assert.deepEqual({ type, id, seq, what, code, retryable, attempts }, {
    type: "error", id: "t1", seq: 3, what: "internal", code: "unknown", retryable: false, attempts: [],
  });
  assert.match(message, /worker has died: RuntimeError: unreachable/);
  assert.deepEqual(running, events);
  assert.equal(events.length, 3);
  await assert.rejects(sending, kind("internal", /worker has died/));
  assert.deepEqual(finished, turn("t2", START, FINISH));
  assert.deepEqual(idle, []);
});

test("dispose ends a stream that has seen nothing yet with one event", async () => {
  const { worker, runtime, session } = await start();
  const streaming = collect(session.stream("hi"));
  await worker.command("send");
  runtime.dispose();
  const events = await streaming;
  assert.deepEqual(events, [
    { type: "aborted", turn: "unstarted", seq: 1, agent: "", reason: "dispose", partial: "", message: null, usage: null },
  ]);
  await assert.rejects(session.send("hi"), kind("internal", /disposed/));
  session.abort();
  await session.close();
});

test("close is told once; afterwards calls are refused and abort does nothing", async () => {
  const { worker, session } = await start();
  const closing = [session.close(), session.close()];
  worker.reply(await worker.command("close"), null);
  await Promise.all(closing);
  session.abort();
  for (const call of [() => session.send("hi"), () => session.restart(), () => session.export(), () => collect(session.stream("hi"))]) {
    await assert.rejects(call(), kind("config", /closed/));
  }
  assert.deepEqual(worker.posted.slice(2).map(({ method }) => method), ["close"]);
});

test("closing during a turn lets its terminal event through", async () => {
  const heard = [];
  const { worker, session } = await start((event) => heard.push(event.type));
  const sending = session.send("hi");
  const command = await worker.command("send");
  const closing = session.close();
  const close = await worker.command("close");
  worker.events("s1", ...turn("t1", START, ABORTED));
  worker.refuse(command, { kind: "aborted", message: "the turn was aborted" });
  worker.reply(close, null);
  await assert.rejects(sending, kind("aborted"));
  await closing;
  assert.deepEqual(heard, ["start", "aborted"]);
});

test("restart and export pass through", async () => {
  const { worker, session } = await start();
  const [restarting, exporting] = [session.restart(), session.export()];
  worker.reply(await worker.command("restart"), null);
  worker.reply(await worker.command("export"), { version: 1, messages: [] });
  assert.equal(await restarting, undefined);
  assert.deepEqual(await exporting, { version: 1, messages: [] });
});

test("each failed attempt is one debug line on the console", async (context) => {
  const told = context.mock.method(console, "debug", () => {});
  const { worker, session } = await start();
  const sending = session.send("hi");
  const sent = await worker.command("send");
  const why = { kind: "rate_limit", code: "rate_limit", reason: "Slow down", delay_ms: 0 };
  worker.events(
    session.id,
    ...turn("t1", START, { type: "retry", model: "a/x", attempt: 2, retrying_at: "", ...why, status: 429 }),
    { type: "fallback", from: "a/x", to: "b/y", attempt: 3, ...why, turn: "t1", seq: 3 },
    { type: "exhausted", models_tried: ["a/x", "b/y"], final_error: { kind: "auth", code: "auth_error", message: "No" }, turn: "t1", seq: 4 },
  );
  worker.reply(sent, RESULT);
  await sending;
  assert.deepEqual(told.mock.calls.map(({ arguments: [line] }) => line), [
    "sparewheel: a/x failed: rate_limit (429): Slow down",
    "sparewheel: a/x failed: rate_limit: Slow down",
    "sparewheel: b/y failed: auth: No",
  ]);
});
