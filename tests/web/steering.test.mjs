// Sessions that go on with another file, other keys or other models, also in a worker that replaces another one.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { RESULT } from "./fake_worker.mjs";
import { recreate, start, takeOver } from "./replaced.mjs";

const NEW = { agent: "poet", models: ["a/b"], agents: ["poet"], welcome_message: "Hi", warnings: [], missing_keys: [], commands: {} };

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

test("an update tells what the session has now", async () => {
  const { workers: [worker], sessions: [session] } = await start();
  const updating = session.update({ yaml: "y9", env: undefined });
  const command = await worker.command("update");
  assert.deepEqual(command.params, { yaml: "y9", session: "s1" });
  assert.deepEqual(session.models, ["demo/hello"]);
  worker.reply(command, { ...NEW, missing_keys: [{ name: "K", vendor: "", models: ["a/b"] }] });
  await updating;
  assert.deepEqual([session.agent, session.models, session.welcomeMessage], ["poet", ["a/b"], "Hi"]);
  assert.deepEqual(session.missingKeys.map(({ name }) => name), ["K"]);
});

test("another worker creates a session with the newest file and keys, not with refused ones", async () => {
  const { workers, sessions: [session] } = await start();
  const [worker] = workers;
  for (const [nth, options] of [{ yaml: "y9" }, { env: { K: "v" } }].entries()) {
    const updating = session.update(options);
    worker.reply(await worker.command("update", nth), NEW);
    await updating;
  }
  const refused = assert.rejects(session.update({ yaml: "bad" }), { kind: "config", message: "no" });
  worker.refuse(await worker.command("update", 2), { kind: "config", message: "no" });
  await refused;
  worker.fail("x");
  const next = await takeOver(workers);
  const answer = session.send("hi");
  const { params } = await next.command("create_session");
  assert.deepEqual([params.yaml, params.env, params.session], ["y9", { K: "v" }, "s1"]);
  await recreate(next);
  next.reply(await next.command("send"), RESULT);
  await answer;
});

test("what is no object of options is refused, and so is a closed session", async () => {
  const { workers: [worker], sessions: [session] } = await start();
  await assert.rejects(session.update("yaml"), { kind: "config", message: /expected an options object/ });
  const closing = session.close();
  worker.reply(await worker.command("close"), null);
  await closing;
  await assert.rejects(session.update({}), { kind: "config", message: /closed/ });
});

test("models that are preferred and skipped are shown, and chosen again in another worker", async () => {
  const { workers, sessions: [session] } = await start();
  const [worker] = workers;
  assert.deepEqual([session.preferred, session.skipped], [null, []]);
  const skipping = session.skip("a/b");
  worker.reply(await worker.command("skip"), { preferred: null, skipped: ["a/b"] });
  await skipping;
  const preferring = session.prefer("a/c");
  worker.reply(await worker.command("prefer"), { preferred: "a/c", skipped: ["a/b"] });
  await preferring;
  assert.deepEqual([session.preferred, session.skipped, session.models], ["a/c", ["a/b"], ["demo/hello"]]);
  worker.fail("x");
  const next = await takeOver(workers);
  const answer = session.send("hi");
  await recreate(next);
  next.reply(await next.command("skip"), { preferred: null, skipped: ["a/b"] });
  next.reply(await next.command("prefer"), { preferred: "a/c", skipped: ["a/b"] });
  next.reply(await next.command("send"), RESULT);
  await answer;
  const commands = next.posted.slice(1).map(({ method, params: { session: _, ...params } }) => [method, params]);
  assert.deepEqual(commands.slice(1, 3), [["skip", { model: "a/b" }], ["prefer", { model: "a/c" }]]);
});

test("preferring no model is the order of the chain", async () => {
  const { workers: [worker], sessions: [session] } = await start();
  const preferring = session.prefer(null);
  const command = await worker.command("prefer");
  assert.deepEqual(command.params, { session: "s1" });
  worker.reply(command, { preferred: null, skipped: [] });
  await preferring;
});

test("a turn may ask a model first, and simulate a failure", async () => {
  const { workers: [worker], sessions: [session] } = await start();
  const wishes = { model: "a/b", fault: "rate_limit" };
  const sending = session.send("hi", wishes);
  const sent = await worker.command("send");
  assert.deepEqual(sent.params, { session: "s1", prompt: "hi", interactive: true, ...wishes });
  worker.reply(sent, RESULT);
  await sending;
  const reading = session.stream("hi", wishes).next();
  const streamed = await worker.command("send", 1);
  assert.deepEqual(streamed.params, { session: "s1", prompt: "hi", interactive: true, ...wishes });
  worker.reply(streamed, RESULT);
  await reading;
  const resuming = session.resume(wishes);
  const resumed = await worker.command("resume");
  assert.deepEqual(resumed.params, { session: "s1", interactive: true, ...wishes });
  worker.reply(resumed, RESULT);
  await resuming;
});
