// Sessions in a worker that replaces another one: each is created again when it is used next.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { RESULT } from "./fake_worker.mjs";
import { recreate, start, takeOver } from "./replaced.mjs";
import { settle } from "./started.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

const failed = (kind, message) => (error) => error.kind === kind && message.test(error.message);

test("a worker that dies while it creates a session again is replaced too, and nothing is lost", async () => {
  const { workers, heard, sessions: [session] } = await start();
  workers[0].fail("x");
  const waiting = session.send("hi");
  await settle();
  workers[1].ready();
  await workers[1].command("create_session");
  workers[1].fail("y");
  const next = await takeOver(workers);
  await recreate(next);
  next.reply(await next.command("send"), RESULT);
  assert.deepEqual(await waiting, RESULT);
  assert.deepEqual(heard.at(-1).sessions, ["s1"]);
  assert.deepEqual(workers[1].commands("send"), []);
  assert.deepEqual(session.events.map(({ type }) => type), ["runtime_restarted", "runtime_restarted"]);
});

test("a session that ends its worker again and again does not hold up the others", async () => {
  const { workers, sessions: [session, other] } = await start(2);
  workers[0].fail("x");
  const rejected = assert.rejects(session.send("hi"), failed("internal", /the worker has died: y/));
  for (let death = 0; death < 2; death++) {
    const next = await takeOver(workers);
    await next.command("create_session");
    next.fail("y");
  }
  await rejected;
  const next = await takeOver(workers);
  const answer = other.send("hi");
  assert.equal((await next.command("create_session")).params.session, "s2");
  await recreate(next);
  next.reply(await next.command("send"), RESULT);
  assert.deepEqual(await answer, RESULT);
});

test("a session that cannot be created again reports why, and is tried again", async () => {
  const { workers, sessions: [session] } = await start();
  workers[0].fail("x");
  const next = await takeOver(workers);
  const rejected = assert.rejects(session.send("hi"), failed("config", /no such file/));
  next.refuse(await next.command("create_session"), { kind: "config", message: "no such file" });
  await rejected;
  const [one, two] = [session.send("hi"), session.export()];
  next.reply(await next.command("create_session", 1), {});
  next.reply(await next.command("send"), RESULT);
  next.reply(await next.command("export"), {});
  await Promise.all([one, two]);
  assert.equal(next.commands("create_session").length, 2);
});

test("a turn that waits for another worker can be aborted: nothing is sent", async () => {
  const { workers, sessions: [session] } = await start();
  workers[0].fail("x");
  await settle();
  const early = assert.rejects(session.send("one"), failed("aborted", /the turn was aborted/));
  session.abort();
  await early;
  const next = await takeOver(workers);
  const late = assert.rejects(session.send("two"), failed("aborted", /the turn was aborted/));
  const command = await next.command("create_session");
  session.abort();
  await late;
  next.reply(command, {});
  const last = session.send("three");
  next.reply(await next.command("send"), RESULT);
  await last;
  assert.deepEqual(next.commands("send").map(({ params }) => params.prompt), ["three"]);
  await settle();
  assert.deepEqual(session.events.map(({ type }) => type), ["runtime_restarted"]);
});

test("a session is closed without being created again", async () => {
  const { workers, sessions: [session] } = await start();
  workers[0].fail("x");
  const next = await takeOver(workers);
  const closing = session.close();
  next.reply(await next.command("close"), null);
  await closing;
  assert.deepEqual(next.commands("create_session"), []);
});
