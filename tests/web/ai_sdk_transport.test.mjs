// `SparewheelTransport` under the chats of AI SDK 5 and 7, with a scripted runtime.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { approvalsAnswered, SparewheelTransport } from "../../web/adapters/ai-sdk.js";
import { ScriptedRuntime } from "./scripted_runtime.mjs";
import { settle } from "./started.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const SDKS = { 5: await import(require.resolve("ai5")), 7: await import(require.resolve("ai7")) };

const NO_USAGE = { input_tokens: null, output_tokens: null, cached_tokens: null, written_tokens: null, reasoning_tokens: null };
const DELTA = (content, attempt = 1) => ({ type: "delta", attempt, index: 0, content });
const FINISH = { type: "finish", reason: "stop", model: "p/a", message: { role: "assistant", content: "" }, usage: NO_USAGE };
const CALL = (id) => ({ type: "tool_call", id, name: "look", args: "{}" });
const ASK = (id) => ({ type: "tool_confirmation", id, name: "look", args: "{}" });
const RESULT = (id, more) => ({ type: "tool_result", id, name: "look", output: "found", is_error: false, ...more });

/** The state of a chat without a framework, which tells when it changes. */
class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (index, message) => (this.messages = this.messages.with(index, structuredClone(message)));
  snapshot = (value) => structuredClone(value);
}

function chatOf(version, runtime, { id = "chat", ...more } = {}) {
  const transport = new SparewheelTransport({ runtime, session: { yaml: "y" }, version, ...more });
  return { transport, chat: attach(version, transport, id) };
}

function attach(version, transport, id = "chat") {
  class Chat extends SDKS[version].AbstractChat {}
  const reported = [];
  const state = new State();
  const chat = new Chat({
    id, transport, state, sendAutomaticallyWhen: approvalsAnswered,
    onData: ({ data }) => reported.push(data.type), onError: () => {},
  });
  return Object.assign(chat, { reported });
}

const text = (message) => message.parts.filter(({ type }) => type === "text").map((part) => part.text).join("|");
const parts = (message) => message.parts.filter(({ type }) => type === "dynamic-tool").map(({ state }) => state);

/** A promise and what resolves it. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return Object.assign(opened, { open });
}

/** Let everything that is ready happen until this holds. */
async function until(holds) {
  for (let round = 0; round < 2000 && !holds(); round++) await settle();
  assert.ok(holds());
}

for (const version of [5, 7]) {
  const say = (name) => `ai@${version}: ${name}`;

  test(say("a turn becomes a message with the id of the turn; what failed is reported"), async () => {
    const runtime = new ScriptedRuntime(async function* () {
      yield { type: "fallback", from: "p/a", to: "p/b", attempt: 2, delay_ms: 0, kind: "overloaded", code: "server_error", reason: "busy" };
      yield DELTA("Hel", 2);
      yield DELTA("lo", 2);
      yield FINISH;
    });
    const { chat } = chatOf(version, runtime);
    await chat.sendMessage({ text: "hi" });
    assert.equal(chat.status, "ready");
    assert.deepEqual(chat.messages.map(({ id, role }) => [role, role === "user" ? "" : id]), [["user", ""], ["assistant", "turn-1"]]);
    assert.equal(text(chat.messages[1]), "Hello");
    assert.equal(chat.messages[1].metadata.sparewheel.model, "p/a");
    assert.deepEqual(chat.reported, ["fallback"]);
    assert.deepEqual(runtime.created[0].prompts, ["hi"]);
    assert.equal(runtime.created[0].id, "chat");
    await chat.sendMessage({ text: "again" });
    assert.deepEqual(runtime.created[0].forks, []);
    assert.equal(chat.messages.length, 4);
  });

  test(say("stop aborts the turn"), async () => {
    const runtime = new ScriptedRuntime(async function* () {
      yield DELTA("Hel");
      await new Promise(() => {});
    });
    const { chat, transport } = chatOf(version, runtime);
    const sending = chat.sendMessage({ text: "hi" });
    await until(() => chat.messages.length === 2);
    await chat.stop();
    await sending;
    assert.equal(chat.status, "ready");
    assert.equal(text(chat.messages[1]), "Hel");
    assert.equal(await transport.reconnectToStream({ chatId: "chat" }), null);
  });

  test(say("a turn that fails, or cannot begin, is the chat's error"), async () => {
    const error = { type: "error", message: "all failed", hint: "Wait.", kind: "overloaded", code: "server_error", retryable: true, attempts: [], partial_message: null, usage: null };
    const { chat } = chatOf(version, new ScriptedRuntime(async function* () {
      yield DELTA("Hel");
      yield error;
    }));
    await chat.sendMessage({ text: "hi" });
    assert.equal(chat.status, "error");
    assert.equal(chat.error.message, "all failed Wait.");
    assert.equal(chat.messages[1].metadata.sparewheel.error.kind, "overloaded");
    const broken = new ScriptedRuntime(async function* () {});
    broken.createSession = async () => Promise.reject(new Error("no such model"));
    const other = chatOf(version, broken).chat;
    await other.sendMessage({ text: "hi" });
    assert.equal(other.error.message, "no such model");
  });

  test(say("a second chat takes the stream up again in the middle of the turn"), async () => {
    const half = gate();
    const { chat, transport } = chatOf(version, new ScriptedRuntime(async function* () {
      yield DELTA("Hel");
      await half;
      yield DELTA("lo");
      yield FINISH;
    }));
    const sending = chat.sendMessage({ text: "hi" });
    await until(() => chat.messages.length === 2);
    const second = attach(version, transport);
    second.messages = structuredClone(chat.messages);
    const resuming = second.resumeStream();
    await until(() => second.status === "streaming");
    half.open();
    await Promise.all([sending, resuming]);
    assert.deepEqual(second.messages.map(text), ["hi", "Hello"]);
    assert.equal(await transport.reconnectToStream({ chatId: "chat" }), null);
    assert.equal(await transport.reconnectToStream({ chatId: "another" }), null);
  });

  test(say("after a reload the turn that was interrupted goes on from the journal"), async () => {
    const runtime = new ScriptedRuntime(async function* () {
      yield DELTA("whole");
      yield FINISH;
    });
    runtime.stored.set("chat", { interrupted: "turn-9" });
    const { chat, transport } = chatOf(version, runtime);
    chat.messages = [{ id: "u", role: "user", parts: [{ type: "text", text: "hi" }] }, { id: "turn-9", role: "assistant", parts: [{ type: "text", text: "wh", state: "streaming" }] }];
    await chat.resumeStream();
    assert.deepEqual(chat.messages.map(text), ["hi", "whole"]);
    assert.equal(await transport.reconnectToStream({ chatId: "chat" }), null);
  });

  test(say("resuming twice at once, as React does in development, does not stop the turn; stop does"), async () => {
    const runtime = new ScriptedRuntime(async function* () {
      yield DELTA("Hel");
      await new Promise(() => {});
    });
    runtime.stored.set("chat", { interrupted: "turn-9" });
    const { chat } = chatOf(version, runtime);
    const both = [chat.resumeStream(), chat.resumeStream()];
    await until(() => chat.messages.some((message) => text(message) === "Hel"));
    assert.equal(chat.status, "streaming");
    await chat.stop();
    await Promise.all(both);
    assert.equal(chat.status, "ready");
  });

  test(say("another answer, and an edited prompt, go back to before the turn"), async () => {
    const runtime = new ScriptedRuntime(async function* () {
      yield DELTA("answer");
      yield FINISH;
    });
    const ids = new Map();
    const { chat, transport } = chatOf(version, runtime, { ids });
    await chat.sendMessage({ text: "one" });
    await chat.sendMessage({ text: "two" });
    await chat.regenerate();
    assert.deepEqual(runtime.created[0].forks, [{ turn: "turn-2" }]);
    assert.equal(runtime.created[0].closed, true);
    const branch = await transport.session("chat");
    assert.deepEqual([branch.id, ids.get("chat"), branch.prompts], ["chat-branch", "chat-branch", ["two"]]);
    await chat.sendMessage({ text: "one!", messageId: chat.messages[0].id });
    assert.deepEqual(branch.forks, [{ turn: "turn-1" }]);
    assert.deepEqual(chat.messages.map(text), ["one!", "answer"]);
  });

  test(say("a new prompt ends the turn that still goes on"), async () => {
    const runtime = new ScriptedRuntime(async function* (session) {
      if (session.prompts.length === 1) {
        yield CALL("c");
        yield ASK("c");
        await session.decided("c");
      }
      yield FINISH;
    });
    const { chat, transport } = chatOf(version, runtime);
    void chat.sendMessage({ text: "one" });
    await until(() => chat.messages[1] && (version === 5 ? chat.messages[1].parts.some(({ type }) => type === "data-sparewheel-question") : chat.status === "ready"));
    const stream = await transport.sendMessages({ trigger: "submit-message", chatId: "chat", messageId: undefined, messages: [...chat.messages, { id: "u2", role: "user", parts: [{ type: "text", text: "two" }] }], abortSignal: undefined });
    const types = [];
    for await (const { type } of stream) types.push(type);
    assert.equal(types.at(-1), "finish");
    assert.deepEqual(runtime.created[0].prompts, ["one", "two"]);
  });
}

test("ai@7: approvals end the stream; the answers go on with the turn", async () => {
  const runtime = new ScriptedRuntime(async function* (session, put) {
    yield CALL("a");
    yield CALL("b");
    const asked = [session.decided("a"), session.decided("b")];
    yield ASK("a");
    yield ASK("b");
    await Promise.all(asked);
    yield RESULT("a");
    yield { type: "tool_blocked", id: "b", name: "look", reason: "no" };
    yield RESULT("b", { is_error: true, output: "no" });
    yield { type: "step", step: 2, model: "p/a" };
    yield DELTA("done", 2);
    yield FINISH;
  });
  const { chat, transport } = chatOf(7, runtime);
  await chat.sendMessage({ text: "hi" });
  assert.deepEqual(parts(chat.messages[1]), ["approval-requested", "approval-requested"]);
  assert.equal(chat.status, "ready");
  const second = attach(7, transport); // a reconnect ends at the same place
  await second.resumeStream();
  assert.deepEqual(parts(second.messages[0]), ["approval-requested", "approval-requested"]);
  await chat.addToolApprovalResponse({ id: "a", approved: true });
  await chat.addToolApprovalResponse({ id: "b", approved: false, reason: "not this" });
  await until(() => chat.status === "ready" && text(chat.messages[1]) === "done");
  assert.deepEqual(parts(chat.messages[1]), ["output-available", "output-denied"]);
  assert.deepEqual(runtime.created[0].decisions, [{ id: "a", decision: "approve" }, { id: "b", decision: "reject", reason: "not this" }]);
  assert.equal(chat.messages.length, 2);
});

test("ai@5: questions are parts, and the transport answers them", async () => {
  const runtime = new ScriptedRuntime(async function* (session) {
    yield CALL("a");
    const asked = session.decided("a");
    yield ASK("a");
    await asked;
    yield RESULT("a");
    yield FINISH;
  });
  const { chat, transport } = chatOf(5, runtime);
  const sending = chat.sendMessage({ text: "hi" });
  const question = () => chat.messages[1]?.parts.find(({ type }) => type === "data-sparewheel-question");
  await until(() => question()?.data.open);
  await transport.confirm("chat", { id: question().id, decision: "approve" });
  await sending;
  assert.equal(question().data.open, false);
  assert.deepEqual(parts(chat.messages[1]), ["output-available"]);
});

test("files of a prompt go along; addresses elsewhere are refused", async () => {
  const runtime = new ScriptedRuntime(async function* () {
    yield FINISH;
  });
  const { chat } = chatOf(7, runtime);
  const file = { type: "file", mediaType: "text/plain", filename: "a.txt", url: "data:text/plain;base64,aGk=" };
  await chat.sendMessage({ text: "see", files: [file] });
  const [sent, said] = runtime.created[0].prompts[0];
  assert.deepEqual([said, sent.file.name, await sent.file.text()], [{ type: "text", text: "see" }, "a.txt", "hi"]);
  await chat.sendMessage({ text: "see", files: [{ ...file, url: "https://a.example/x" }] });
  assert.match(chat.error.message, /Only files of this page/);
});

test("a chat that begins with messages gives them to its session", async () => {
  const runtime = new ScriptedRuntime(async function* () {
    yield FINISH;
  });
  const { chat } = chatOf(7, runtime);
  const said = (id, role, text) => ({ id, role, parts: [{ type: "text", text }] });
  chat.messages = [said("u", "user", "before"), said("a", "assistant", "answer")];
  await chat.sendMessage({ text: "hi" });
  assert.deepEqual(runtime.created[0].options.history, [{ role: "user", content: "before" }, { role: "assistant", content: "answer" }]);
});

test("a second transport of a runtime goes on with the chats of the first; a chat that was closed is opened again", async () => {
  const runtime = new ScriptedRuntime(async function* () {
    yield DELTA("hi");
    yield FINISH;
  });
  const first = chatOf(7, runtime);
  await first.chat.sendMessage({ text: "one" });
  const second = chatOf(7, runtime);
  second.chat.messages = first.chat.messages;
  await second.chat.sendMessage({ text: "two" });
  assert.deepEqual(runtime.created.map(({ prompts }) => prompts), [["one", "two"]]);
  second.transport.close();
  await settle();
  assert.equal(runtime.created[0].closed, true);
  await first.chat.sendMessage({ text: "three" });
  assert.deepEqual((await first.transport.session("chat")).prompts, ["three"]);
});

test("a question in doubt stays open after the turn, which then goes on", async () => {
  const doubt = { type: "in_doubt", id: "c", name: "pay", args: "{}" };
  const error = { type: "error", message: "in doubt", hint: "", kind: "in_doubt", code: "unknown", retryable: true, attempts: [], partial_message: null, usage: null };
  const events = [[doubt, error], [DELTA("done"), FINISH]];
  const runtime = new ScriptedRuntime(async function* () {
    yield* events.shift();
  });
  runtime.stored.set("chat", { interrupted: "turn-9" });
  const { chat } = chatOf(7, runtime);
  await chat.resumeStream();
  assert.equal(chat.messages[0].parts.find(({ type }) => type === "data-sparewheel-question").data.open, true);
  await chat.resumeStream();
  assert.deepEqual(chat.messages.map(text), ["done"]);
});
