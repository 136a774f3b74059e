// Branches of a session: what the worker is told, and what they have of the session that they come from.

import assert from "node:assert/strict";
import test from "node:test";

import { createRuntime } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";

const CREATED = { agent: "root", models: ["demo/hello"], messages: 2 };
const SAID = [
  { role: "user", content: "one" },
  { role: "assistant", content: "Answer" },
];

async function start() {
  const workers = [];
  const createWorker = () => {
    workers.push(new FakeWorker());
    return workers.at(-1);
  };
  const starting = createRuntime({ createWorker });
  await Promise.resolve();
  workers[0].ready();
  const runtime = await starting;
  const execute = () => "seen";
  const options = {
    yaml: "y",
    env: { K: "v" },
    id: "mine",
    title: "T",
    history: SAID,
    tools: { look: { description: "Looks.", execute } },
  };
  const creating = runtime.createSession(options, () => {});
  workers[0].reply(await workers[0].command("create_session"), { ...CREATED, id: "mine" });
  return { workers, worker: workers[0], runtime, session: await creating };
}

async function fork(worker, session, options, listener) {
  const forking = session.fork(options, listener);
  worker.reply(await worker.command("fork_session"), { id: "b1", title: "T (branch)" });
  const opening = await worker.command("open_session");
  worker.reply(opening, { ...CREATED, id: "b1", title: "T (branch)" });
  worker.reply(await worker.command("messages"), SAID);
  return { opening, branch: await forking };
}

test("a branch is opened with the file, the keys and the functions of its session", async () => {
  const { worker, session } = await start();
  const { opening, branch } = await fork(worker, session, { turn: "t2", title: "Mine" });
  assert.deepEqual(worker.commands("fork_session")[0].params, { id: "mine", turn: "t2", title: "Mine" });
  const { tools, ...params } = opening.params;
  assert.deepEqual(params, { yaml: "y", env: { K: "v" }, id: "b1", session: "s2", interactive: false });
  assert.deepEqual(Object.keys(tools), ["look"]);
  assert.deepEqual([branch.id, branch.title, session.id], ["b1", "T (branch)", "mine"]);
  worker.call(1, "tool", { name: "look", args: {}, call_id: "c" }, { session: "s2" });
  assert.deepEqual(await worker.firstPieces(1), [{ call: 1, done: true, value: "seen" }]);
});

test("a worker that replaces one without a store gets the branch as it was", async () => {
  const { workers, worker, session } = await start();
  const { branch } = await fork(worker, session, undefined, () => {});
  worker.dispatchEvent(Object.assign(new Event("error"), { message: "x" }));
  const exporting = branch.export();
  while (workers.length < 2) await new Promise(setImmediate);
  await new Promise(setImmediate);
  workers[1].ready();
  const { params } = await workers[1].command("create_session");
  assert.deepEqual([params.id, params.yaml, params.history, params.interactive], ["b1", "y", SAID, true]);
  workers[1].reply(await workers[1].command("create_session"), { ...CREATED, id: "b1" });
  workers[1].reply(await workers[1].command("export"), { messages: SAID });
  assert.deepEqual(await exporting, { messages: SAID });
});

test("a branch of a session that is closed, or of no options object, is refused", async () => {
  const { worker, session } = await start();
  await assert.rejects(session.fork(7), /expected an options object/);
  const closing = session.close();
  worker.reply(await worker.command("close"), null);
  await closing;
  await assert.rejects(session.fork(), /the session is closed/);
});
