// Functions of the embedder: declared to the worker, called for it, and answered for once, whatever they do.

import assert from "node:assert/strict";
import test from "node:test";
import { SparewheelError } from "../../web/sparewheel.js";
import { settle, startRuntime, startSession } from "./started.mjs";

const config = (message) => (error) => {
  assert.ok(error instanceof SparewheelError, String(error));
  assert.equal(error.kind, "config");
  assert.equal(error.message, message);
  return true;
};

const look = (execute) => ({ look: { description: "Looks.", execute } });

/** A session with this tool, and what the worker asks of it. */
async function withTool(execute) {
  const started = await startSession({ tools: look(execute) });
  const { worker } = started;
  const ask = (number, { what = "tool", session = "s1", ...more } = {}) => callTool(worker, number, more, { what, session });
  return { ...started, ask };
}

function callTool(worker, number, more = {}, scope = { session: "s1" }) {
  worker.call(number, "tool", { name: "look", args: { q: 1 }, call_id: "c1", idempotency_key: "k1", ...more }, scope);
}

function callHook(worker, number, event, index, input = {}) {
  worker.call(number, "hook", { event, index, input }, { session: "s1" });
}

test("what the worker is told of a tool is JSON; the function stays", async () => {
  const parameters = { type: "object", properties: { q: { type: "string" } }, required: ["q"] };
  const { params } = await startSession({
    tools: {
      look: { description: "Looks.", parameters, readOnly: true, timeout: 2.5, execute() {} },
      "go-on_2": { description: "", execute: async () => {} },
    },
  });
  assert.deepEqual(params.tools, {
    look: { description: "Looks.", parameters, readOnly: true, timeout: 2.5 },
    "go-on_2": { description: "" },
  });
});

for (const [tools, message] of [
  [[], "options.tools: must be an object of name to tool"],
  ["look", "options.tools: must be an object of name to tool"],
  [{ look: () => {} }, 'options.tools: "look" must be an object with description, parameters and execute'],
  [{ look: { description: "" } }, 'options.tools: "look": execute must be a function'],
]) {
  test(`refused: ${message}`, async () => {
    const { worker, runtime } = await startRuntime();
    await assert.rejects(runtime.createSession({ yaml: "y", tools }), config(message));
    await assert.rejects(runtime.chat({ yaml: "y", tools, messages: [] }), config(message));
    assert.equal(worker.posted.length, 1);
  });
}

for (const [what, value, result] of [
  ["text", "found", "found"],
  ["an object", { a: [1, null] }, { a: [1, null] }],
  ["nothing", undefined, null],
  ["false", false, false],
  ["a promise", Promise.resolve(7), 7],
]) {
  test(`a tool that returns ${what}`, async () => {
    const { worker, ask } = await withTool(() => value);
    ask(1);
    assert.deepEqual((await worker.firstPieces(1))[0], { call: 1, done: true, value: result });
  });
}

test("a tool gets its arguments, its call's id and key, and a signal", async () => {
  const calls = [];
  const { worker, ask } = await withTool((args, context) => (calls.push([args, context.callId, context.idempotencyKey, context.signal.aborted]), ""));
  ask(1);
  await worker.firstPieces(1);
  assert.deepEqual(calls, [[{ q: 1 }, "c1", "k1", false]]);
});

const cycle = {};
cycle.self = cycle;
for (const [what, execute, error] of [
  ["throws", () => { throw new TypeError("no such city"); }, "no such city"],
  ["rejects", () => Promise.reject(new Error("offline")), "offline"],
  ["throws a text", () => { throw "just so"; }, "just so"],
  ["throws nothing to read", () => { throw new Error(); }, "it failed without a message"],
  ["returns a function", () => ({ go() {} }), 'the tool "look" returned something that is not plain JSON: "go" is a function'],
  ["returns NaN", () => [NaN], 'the tool "look" returned something that is not plain JSON: "0" is NaN'],
  ["returns a Map", () => new Map([[1, 2]]), 'the tool "look" returned something that is not plain JSON: "" is a Map'],
  ["returns a Response", () => ({ got: new Response("x") }), 'the tool "look" returned something that is not plain JSON: "got" is a Response'],
]) {
  test(`a tool that ${what} is an error, in its words only`, async () => {
    const { worker, ask } = await withTool(execute);
    ask(1);
    assert.deepEqual((await worker.firstPieces(1))[0], { call: 1, error });
  });
}

test("a tool that returns a cycle is an error that quotes no value", async () => {
  const { worker, ask } = await withTool(() => ({ secret: "sk-CANARY", cycle }));
  ask(1);
  const { error } = (await worker.firstPieces(1))[0];
  assert.match(error, /^the tool "look" returned something that is not plain JSON: .*circular/);
  assert.doesNotMatch(error, /CANARY/);
});

test("an unknown tool, session and kind of call are answered too", async () => {
  const { worker, ask } = await withTool(() => "");
  ask(1, { name: "constructor" });
  ask(2, { session: "s9" });
  ask(3, { what: "dance" });
  const answers = await worker.firstPieces(3);
  assert.deepEqual(answers.sort((one, other) => one.call - other.call), [
    { call: 1, error: 'the page has no tool named "constructor"' },
    { call: 2, error: 'the page has no tool named "look"' },
    { call: 3, error: 'the page cannot answer a call of this kind: "dance"' },
  ]);
});

test("a question that is taken back aborts the signal, and its late answer goes nowhere", async () => {
  let finish;
  let signal;
  const { worker, ask } = await withTool((_, context) => ((signal = context.signal), new Promise((resolve) => (finish = resolve))));
  ask(1);
  worker.cancel(1);
  worker.cancel(1);
  worker.cancel(99);
  assert.equal(signal.aborted, true);
  finish("late");
  await settle();
  assert.deepEqual(worker.pieces, []);
  ask(2);
  finish("in time");
  assert.deepEqual((await worker.firstPieces(1))[0], { call: 2, done: true, value: "in time" });
});

test("calls run side by side, each with its own answer", async () => {
  const finish = {};
  const { worker, ask } = await withTool(({ q }) => new Promise((resolve) => (finish[q] = resolve)));
  ask(1, { args: { q: "a" } });
  ask(2, { args: { q: "b" } });
  finish.b("B");
  finish.a("A");
  await worker.firstPieces(2);
  assert.deepEqual(worker.pieces, [{ call: 2, done: true, value: "B" }, { call: 1, done: true, value: "A" }]);
});

test("a page that reloads its code puts the new function in place", async () => {
  const tools = look(() => "old");
  const { worker } = await startSession({ tools });
  tools.look.execute = () => "new";
  callTool(worker, 1);
  assert.deepEqual((await worker.firstPieces(1))[0], { call: 1, done: true, value: "new" });
  delete tools.look.execute;
  callTool(worker, 2);
  assert.match((await worker.firstPieces(2))[1].error, /execute is not a function/);
});

test("an approved call runs only the function that was there when the user was asked", async () => {
  const tools = look(() => "old");
  const { worker } = await startSession({ tools });
  const version = (number) => worker.call(number, "tool_version", { name: "look" }, { session: "s1" });
  version(1);
  version(2);
  const [first, second] = await worker.firstPieces(2);
  assert.equal(first.value, second.value);
  callTool(worker, 3, { version: first.value });
  assert.deepEqual((await worker.firstPieces(3))[2], { call: 3, done: true, value: "old" });
  const { execute } = tools.look;
  tools.look.execute = () => "new";
  callTool(worker, 4, { version: first.value });
  const refused = 'the page has replaced the tool "look" after the approval; call it again to be asked again';
  assert.deepEqual((await worker.firstPieces(4))[3], { call: 4, error: refused });
  version(5);
  const { value } = (await worker.firstPieces(5))[4];
  assert.notEqual(value, first.value);
  callTool(worker, 6, { version: value });
  tools.look.execute = execute;
  callTool(worker, 7, { version: first.value });
  const [, , , , , sixth, seventh] = await worker.firstPieces(7);
  assert.deepEqual([sixth.value, seventh.value], ["new", "old"]);
  worker.call(8, "tool_version", { name: "toString" }, { session: "s1" });
  assert.deepEqual((await worker.firstPieces(8))[7], { call: 8, error: 'the page has no tool named "toString"' });
});

test("closing the session, and the end of the worker, abort what still runs", async () => {
  const signals = [];
  const { worker, session, runtime, ask } = await withTool((_, { signal }) => (signals.push(signal), new Promise(() => {})));
  ask(1);
  const closing = session.close();
  worker.reply(await worker.command("close"), null);
  await closing;
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);
  const creating = runtime.createSession({ yaml: "y", tools: look((_, { signal }) => (signals.push(signal), new Promise(() => {}))) });
  worker.reply(await worker.command("create_session", 1), { agent: "root", models: [] });
  await creating;
  ask(2, { session: "s2" });
  runtime.dispose();
  await settle();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
  assert.deepEqual(worker.pieces, []);
});

test("a hook may be asked before the session stands, and chat has tools as well", async () => {
  const { worker, runtime } = await startRuntime();
  const creating = runtime.createSession({ yaml: "y", hooks: { session_start: () => ({ additional_context: "Hi" }) } });
  const command = await worker.command("create_session");
  callHook(worker, 1, "session_start", 0);
  assert.deepEqual((await worker.firstPieces(1))[0], { call: 1, done: true, value: { additional_context: "Hi" } });
  worker.refuse(command, { kind: "config", message: "no" });
  await assert.rejects(creating, config("no"));
  callHook(worker, 2, "session_start", 0);
  assert.deepEqual((await worker.firstPieces(2))[1], { call: 2, error: 'the page has no hook for "session_start"' });
  const chatting = runtime.chat({ yaml: "y", messages: [], tools: look(() => "seen") });
  const chat = await worker.command("chat");
  assert.deepEqual(Object.keys(chat.params.tools), ["look"]);
  callTool(worker, 3, {}, { session: "s2" });
  assert.deepEqual((await worker.firstPieces(3))[2], { call: 3, done: true, value: "seen" });
  worker.reply(chat, {});
  await chatting;
});

test("hooks are declared in order, with their matchers", async () => {
  const seen = [];
  const hook = (name) => (input, { event }) => void seen.push([name, event, input]);
  const { worker, params } = await startSession({
    hooks: { turn_start: hook("a"), pre_tool_use: [{ matcher: "rm_.*", hook: hook("b") }, hook("c"), { hook: hook("d") }] },
  });
  assert.deepEqual(params.hooks, [
    { event: "turn_start", index: 0 },
    { event: "pre_tool_use", index: 1, matcher: "rm_.*" },
    { event: "pre_tool_use", index: 2 },
    { event: "pre_tool_use", index: 3 },
  ]);
  for (const index of [3, 1]) {
    callHook(worker, index, "pre_tool_use", index, { n: index });
  }
  await worker.firstPieces(2);
  assert.deepEqual(worker.pieces, [{ call: 3, done: true, value: null }, { call: 1, done: true, value: null }]);
  assert.deepEqual(seen, [["d", "pre_tool_use", { n: 3 }], ["b", "pre_tool_use", { n: 1 }]]);
});

test("a hook that answers with something else than an object is an error", async () => {
  const { worker } = await startSession({ hooks: { pre_tool_use: () => "allow" } });
  callHook(worker, 1, "pre_tool_use", 0);
  assert.deepEqual((await worker.firstPieces(1))[0], {
    call: 1, error: 'the hook for "pre_tool_use" returned something that is not an object',
  });
});

for (const [output, name] of [
  [{ decision: undefined }, "decision"],
  [{ decision: "allow", updated_input: undefined }, "updated_input"],
  [{ hook_specific_output: { permission_decision: undefined } }, "permission_decision"],
]) {
  test(`a hook that answers with ${name} undefined is an error`, async () => {
    const { worker } = await startSession({ hooks: { pre_tool_use: () => output } });
    callHook(worker, 1, "pre_tool_use", 0);
    assert.deepEqual((await worker.firstPieces(1))[0], {
      call: 1, error: `the hook for "pre_tool_use" returned "${name}" without a value`,
    });
  });
}

for (const [options, message] of [
  [{ hooks: [] }, "options.hooks: must be an object of event to function"],
  [{ hooks: { stop: "x" } }, 'options.hooks: "stop" must be a function, or a list of {matcher?, hook}'],
  [{ hooks: { stop: [{ matcher: "x" }] } }, 'options.hooks: "stop" must be a function, or a list of {matcher?, hook}'],
]) {
  test(`refused: ${message}`, async () => {
    const { runtime } = await startRuntime();
    await assert.rejects(runtime.createSession({ yaml: "y", ...options }), config(message));
  });
}

test("a matcher that is not JSON is refused", async () => {
  const { runtime } = await startRuntime();
  await assert.rejects(
    runtime.createSession({ yaml: "y", hooks: { stop: { matcher: /x/, hook() {} } } }),
    config('create_session: what was passed is not plain JSON: "matcher" is a RegExp'),
  );
});

test("options that are not there, and those that only the worker reads", async () => {
  const { runtime } = await startRuntime();
  for (const options of [undefined, null, "yaml", ["yaml"]]) {
    await assert.rejects(runtime.createSession(options), config("expected an options object"));
    await assert.rejects(runtime.chat(options), config("expected an options object"));
  }
  const options = { autoApprove: true, approvalTimeout: 5, documents: { "a.md": "A" }, agentname: "misspelt", env: 7 };
  const { params } = await startSession({ ...options, tools: null, hooks: null });
  assert.deepEqual(params, { yaml: "y", ...options, interactive: false, session: "s1" });
});
