// The user's word: on tool calls, and on what tools ask.

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { SparewheelError } from "../../web/sparewheel.js";
import { FINISH, RESULT, START, turn } from "./fake_worker.mjs";
import { CALL, CONFIRMATION, ELICITATION, RESULT_OF_CALL, settle, startRuntime, startSession } from "./started.mjs";

const config = (message) => (error) => error instanceof SparewheelError && error.kind === "config" && error.message === message;

for (const [args, sent] of [
  [["approve"], { decision: "approve" }],
  [["reject", "not now"], { decision: "reject", reason: "not now" }],
  [[true], { decision: "approve" }],
  [[false], { decision: "reject" }],
  [[undefined], { decision: "reject" }],
  [[1], { decision: "reject" }],
  [["maybe"], { decision: "maybe" }],
  [[{ id: "c2", decision: "approve_tool", toolName: "look" }], { id: "c2", decision: "approve_tool", toolName: "look" }],
  [[{ decision: true }], { decision: "approve" }],
  [[{ decision: "reject", reason: "mine" }, "theirs"], { decision: "reject", reason: "theirs" }],
  [[{ reason: "no" }], { decision: "reject", reason: "no" }],
  [[{ decision: true, arguments: { q: 2 } }], { decision: "approve", arguments: { q: 2 } }],
  [[{ decision: true, arguments: '{"q": 12345678901234567890}' }], { decision: "approve", arguments: '{"q": 12345678901234567890}' }],
]) {
  test(`confirm(${JSON.stringify(args).slice(1, -1)})`, async () => {
    const { worker, session } = await startSession();
    const confirming = session.confirm(...args);
    const command = await worker.command("confirm");
    assert.deepEqual(command.params, { ...sent, session: "s1" });
    worker.reply(command, null);
    assert.equal(await confirming, undefined);
  });
}

for (const [decision, message] of [
  [{ decision: "approve", args: { q: 2 } }, 'confirm: there is no option "args"'],
  [{ decision: "approve", updated_input: {} }, 'confirm: there is no option "updated_input"'],
  [{ decision: "approve", arguments: null }, "confirm: arguments must be an object or its JSON text"],
  [{ decision: "approve", arguments: [1] }, "confirm: arguments must be an object or its JSON text"],
  [{ decision: "approve", id: 7 }, "confirm: id must be a string"],
  [{ decision: "approve", id: null }, "confirm: id must be a string"],
]) {
  test(`confirm(${JSON.stringify(decision)}) approves nothing`, async () => {
    const { worker, session } = await startSession();
    await assert.rejects(session.confirm(decision), config(message));
    assert.deepEqual(worker.commands("confirm"), []);
  });
}

test("a decision without an id is about the oldest call that this page has seen", async () => {
  const { worker, session } = await startSession({}, () => {});
  const sending = session.send("hi");
  const command = await worker.command("send");
  const others = [{ ...CONFIRMATION, id: "c2", name: "write" }, { ...CONFIRMATION, id: "c1_2", call_id: "c1" }];
  worker.events("s1", ...turn("t1", START, ELICITATION, CONFIRMATION, ...others));
  const ids = async (...decisions) => {
    const before = worker.commands("confirm").length;
    for (const decision of decisions) {
      const confirming = session.confirm(decision);
      worker.reply(worker.commands("confirm").at(-1), null);
      await confirming;
    }
    return worker.commands("confirm").slice(before).map(({ params }) => params.id);
  };
  assert.deepEqual(await ids("approve", { decision: "approve", toolName: "look" }, true), ["c1", "c1_2", "c2"]);
  assert.deepEqual(await ids("approve"), [undefined]); // the worker refuses it
  worker.events("s1", { ...CONFIRMATION, id: "c1_3", call_id: "c1" }, RESULT_OF_CALL);
  assert.deepEqual(await ids("approve", "approve_tool"), [undefined, undefined]); // that call is over
  worker.events("s1", { ...FINISH, turn: "t1", seq: 9 });
  worker.reply(command, RESULT);
  await sending;
});

for (const [answer, sent] of [
  [{ id: "e1", action: "accept", content: { city: "Ghent" } }, { id: "e1", action: "accept", content: { city: "Ghent" } }],
  [{ id: "e1", action: true }, { id: "e1", action: "accept" }],
  [{ id: "e1", action: false }, { id: "e1", action: "decline" }],
  [{ id: "e1", action: "shrug" }, { id: "e1", action: "shrug" }],
  [{ id: "e1" }, { id: "e1", action: "" }],
]) {
  test(`respondToElicitation(${JSON.stringify(answer)})`, async () => {
    const { worker, session } = await startSession();
    const responding = session.respondToElicitation(answer);
    const command = await worker.command("respond");
    assert.deepEqual(command.params, { ...sent, session: "s1" });
    worker.refuse(command, { kind: "config", message: "as the worker says" });
    await assert.rejects(responding, config("as the worker says"));
  });
}

test("arguments of no shape are refused here", async () => {
  const { worker, session } = await startSession();
  await assert.rejects(session.confirm(), config("confirm: expected a decision"));
  for (const answer of [undefined, "accept", ["e1"], null]) {
    await assert.rejects(session.respondToElicitation(answer), config("respondToElicitation: expected {id, action, content?}"));
  }
  for (const answer of [{ action: "accept" }, { id: "", action: "accept" }, { id: 7, action: "accept" }]) {
    await assert.rejects(session.respondToElicitation(answer), config("respondToElicitation: id is required"));
  }
  const closing = session.close();
  await assert.rejects(session.confirm(true), config("the session is closed"));
  await assert.rejects(session.respondToElicitation({ id: "e1", action: true }), config("the session is closed"));
  worker.reply(await worker.command("close"), null);
  await closing;
  assert.deepEqual([...worker.commands("confirm"), ...worker.commands("respond")], []);
});

for (const [what, options, listener, sending, streaming] of [
  ["nobody listens", {}, undefined, false, true],
  ["somebody listens", {}, () => {}, true, true],
  ["the embedder says that nobody can be asked", { interactive: false }, () => {}, false, false],
  ["the embedder asks the user by other means", { interactive: true }, undefined, true, true],
]) {
  test(`whether anybody can be asked when ${what}`, async () => {
    const { worker, session, params } = await startSession(options, listener);
    assert.equal(params.interactive, sending);
    const sent = session.send("hi");
    const command = await worker.command("send");
    assert.equal(command.params.interactive, sending);
    worker.reply(command, RESULT);
    await sent;
    const first = session.stream("hi").next();
    const streamed = await worker.command("send", 1);
    assert.equal(streamed.params.interactive, streaming);
    worker.reply(streamed, RESULT);
    await first;
  });
}

test("a page that reloads its listener hears of what is still open, and nothing twice", async () => {
  const [old, fresh] = [[], []];
  const { worker, session } = await startSession({}, (event) => old.push(event.type));
  const sending = session.send("hi");
  const command = await worker.command("send");
  const other = { ...CONFIRMATION, id: "c2" };
  worker.events("s1", ...turn("t1", START, CALL, CONFIRMATION, other, ELICITATION, RESULT_OF_CALL));
  const confirming = session.respondToElicitation({ id: "e1", action: false });
  worker.reply(await worker.command("respond"), null);
  await confirming;
  session.listen((event) => fresh.push(event));
  assert.deepEqual(fresh.map(({ type, id }) => [type, id]), [["tool_confirmation", "c2"]]);
  worker.events("s1", { ...FINISH, turn: "t1", seq: 7 });
  worker.reply(command, RESULT);
  await sending;
  assert.deepEqual(old, ["start", "tool_call", "tool_confirmation", "tool_confirmation", "elicitation", "tool_result"]);
  assert.deepEqual(fresh.map(({ type }) => type), ["tool_confirmation", "finish"]);
  session.listen((event) => fresh.push(event));
  assert.equal(fresh.length, 2);
  session.listen(undefined);
  const next = session.send("again");
  const silent = await worker.command("send", 1);
  assert.equal(silent.params.interactive, false);
  worker.reply(silent, RESULT);
  await next;
});

/** A chat() that comes to these questions; what the worker then hears. */
async function chat(onEvent, ...events) {
  const { worker, runtime } = await startRuntime();
  const chatting = runtime.chat({ yaml: "y", messages: [] }, onEvent);
  const command = await worker.command("chat");
  worker.events("s1", ...turn("t1", ...events));
  await settle();
  const heard = worker.posted.filter(({ method }) => method === "confirm" || method === "respond");
  return { worker, heard, end: () => (worker.reply(command, RESULT), chatting) };
}

for (const [what, returned, confirm, respond] of [
  ["true", true, { decision: "approve" }, { action: "accept" }],
  ["a name", "approve_all", { decision: "approve_all" }, { action: "approve_all" }],
  ["an object", { decision: "reject", action: "accept", reason: "r", content: { city: "x" } }, { decision: "reject", reason: "r" }, { action: "accept", content: { city: "x" } }],
  ["a promise", Promise.resolve(true), { decision: "approve" }, { action: "accept" }],
  ["nothing", undefined, { decision: "reject" }, { action: "decline" }],
  ["a number", 1, { decision: "reject" }, { action: "decline" }],
]) {
  test(`in chat(), returning ${what} answers`, async () => {
    const { heard, end } = await chat(() => returned, START, CONFIRMATION, ELICITATION);
    assert.deepEqual(heard.map(({ params }) => params), [
      { ...confirm, session: "s1", id: "c1" },
      { ...respond, session: "s1", id: "e1" },
    ]);
    await end();
  });
}

test("in chat(), a listener that throws says no, and is reported", async () => {
  const report = mock.method(console, "error", () => {});
  try {
    const fail = () => {
      throw new Error("mine");
    };
    const { heard, end } = await chat(fail, CONFIRMATION, ELICITATION);
    assert.deepEqual(heard.map(({ params }) => params.decision ?? params.action), ["reject", "decline"]);
    assert.equal(report.mock.callCount(), 1);
    await end();
  } finally {
    report.mock.restore();
  }
});

test("in chat(), an answer that nobody understands is a no with the reason", async () => {
  const { worker, heard, end } = await chat(() => "maybe", CONFIRMATION, ELICITATION);
  worker.refuse(heard[0], { kind: "config", message: 'unknown decision "maybe"' });
  worker.refuse(heard[1], { kind: "config", message: "unknown action" });
  assert.deepEqual((await worker.command("confirm", 1)).params, {
    session: "s1", id: "c1", decision: "reject", reason: 'unknown decision "maybe"',
  });
  assert.deepEqual((await worker.command("respond", 1)).params, { session: "s1", id: "e1", action: "decline" });
  await end();
});

test("in chat(), other events are not answered, and an answer after the end goes nowhere harmful", async () => {
  let late;
  const { worker, heard, end } = await chat(
    ({ type }) => (type === "tool_confirmation" ? new Promise((resolve) => (late = resolve)) : true), START, CALL, CONFIRMATION, FINISH);
  assert.deepEqual(heard, []);
  assert.deepEqual(await end(), RESULT);
  late("approve");
  worker.refuse(await worker.command("confirm"), { kind: "config", message: "session is closed" });
  await settle();
});

test("a chat() without a listener says that nobody can be asked", async () => {
  const { worker, runtime } = await startRuntime();
  const chatting = runtime.chat({ yaml: "y", messages: [] });
  const command = await worker.command("chat");
  assert.equal(command.params.interactive, false);
  worker.reply(command, RESULT);
  await chatting;
});
