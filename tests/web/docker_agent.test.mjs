// A page written for docker-agent's browser build, which knows nothing but `dockerAgent`.

import assert from "node:assert/strict";
import test from "node:test";
import { command, createSession, dockerAgent, rejects, worker, YAML } from "./compat_page.mjs";
import { ABORTED, ERROR, FINISH, HELLO, RESULT, START, turn } from "./fake_worker.mjs";
import { CONFIRMATION, ELICITATION, RESULT_OF_CALL, settle } from "./started.mjs";

test("the object is there before Python is, and calls wait", async () => {
  assert.deepEqual(Object.keys(dockerAgent).sort(), ["abort", "chat", "createSession", "listAgents", "parseConfig"]);
  const creating = dockerAgent.createSession({ yaml: YAML });
  await settle();
  assert.equal(worker.commands("create_session").length, 0);
  worker.ready();
  worker.reply(await command("create_session"), { agent: "root", models: [] });
  await creating;
});

const throws = (work, message) => assert.throws(work, (error) => error instanceof Error && (assert.equal(error.message, message), true));

test("parseConfig and listAgents answer at once", () => {
  const { agents, models, version } = dockerAgent.parseConfig(`
version: 7
models: {main: {provider: openai, model: gpt-x, base_url: "https://x.test"}, old: {type: openai, model: y}}
agents:
  "2": &two {model: main, description: Two, instruction: Be brief., sub_agents: [1], handoffs: ["1"], add_date: true}
  "1": {<<: *two, description: One, fallback: {models: [old]}, toolsets: [{type: hologram}]}
`);
  assert.equal(version, "7");
  assert.deepEqual(models, {
    main: { provider: "openai", model: "gpt-x", base_url: "https://x.test" },
    old: { provider: "openai", model: "y", base_url: "" },
  });
  const two = { name: "2", description: "Two", model: "main", instruction: "Be brief.", sub_agents: [], handoffs: ["1"] };
  assert.deepEqual(agents, [
    { ...two, add_date: true, add_env_info: false, fallback: { models: [] } },
    { ...two, name: "1", description: "One", add_date: true, add_env_info: false, fallback: { models: ["old"] } },
  ]);
  assert.deepEqual(dockerAgent.listAgents(YAML), [{ name: "root", model: "openai/gpt-x", description: "", instruction: "" }]);
});

test("parseConfig and listAgents throw", () => {
  throws(() => dockerAgent.parseConfig(), "parseConfig: expected yaml string argument");
  throws(() => dockerAgent.listAgents(), "listAgents: expected yaml string argument");
  throws(() => dockerAgent.listAgents("a: 1\na: 2"), "listAgents: The agent file is not valid YAML: line 2, column 1: duplicated mapping key");
  throws(() => dockerAgent.listAgents("[1]"), "listAgents: The agent file is not a mapping.");
  throws(() => dockerAgent.parseConfig("agents: {}"), "parseConfig: The agent file is not valid: agents is missing");
  assert.throws(() => dockerAgent.parseConfig("a: " + "[".repeat(100_000)), /nesting/);
  assert.throws(() => dockerAgent.parseConfig("a".repeat(1024 * 1024 + 1)), /longer than 1048576 characters/);
});

for (const [options, message] of [
  [undefined, "expected an options object"],
  ["yaml", "expected an options object"],
  [{}, "options.yaml must be a string"],
]) {
  test(`createSession refuses: ${message}`, () => rejects(dockerAgent.createSession(options), `createSession: ${message}`));
}

test("chat refuses", async () => {
  await rejects(dockerAgent.chat(), "chat: expected at least one argument (options object)");
  await rejects(dockerAgent.chat("x"), "chat: expected an options object");
  await rejects(dockerAgent.chat({}), "chat: options.yaml must be a string");
  await rejects(dockerAgent.chat({ yaml: YAML, messages: "nope" }), "chat: parsing messages: messages must be an array");
  await rejects(dockerAgent.chat({ yaml: YAML, messages: [] }), "chat: the last message must be from the user");
  await rejects(dockerAgent.chat({ yaml: YAML, messages: [{ role: "assistant", content: "?" }] }), "chat: the last message must be from the user");
});

test("createSession passes the options on as docker-agent reads them", async () => {
  const env = { KEY: "k", PORT: 8080, FLAG: true, NONE: null, GONE: undefined };
  const { params } = await createSession(() => {}, { env, agentName: "", autoApprove: 1, documents: { a: "A" } });
  delete params.session;
  assert.deepEqual(params, {
    yaml: YAML, env: { KEY: "k", PORT: "8080", FLAG: "true" }, autoApprove: true, documents: { a: "A" }, interactive: true,
  });
  const creating = dockerAgent.createSession({ yaml: YAML, agentName: "nope" });
  const refused = await command("create_session");
  assert.equal(refused.params.interactive, false);
  worker.refuse(refused, { kind: "config", message: 'agent "nope" not found' });
  await rejects(creating, 'createSession: agent "nope" not found');
});

test("a conversation: two turns, with usage and events in docker-agent's words", async () => {
  const events = [];
  const { session, id } = await createSession((event) => events.push(event));
  const { send } = session; // a plain object of functions, as there
  const sending = send("hi");
  const sent = await command("send");
  const usage = { type: "usage", input_tokens: 3, output_tokens: null, context_length: null, context_limit: null, cost: null };
  worker.events(id, ...turn("t1", START, HELLO, ELICITATION, usage, { ...FINISH, reason: "length" }));
  worker.reply(sent, { ...RESULT, usage: { input_tokens: 3, output_tokens: null, cached_tokens: null, written_tokens: null, reasoning_tokens: null } });
  assert.deepEqual(await sending, { message: { role: "assistant", content: "Hello" }, usage: { input_tokens: 3, output_tokens: 0 } });
  const [delta, elicitation, told, finish] = events.slice(1);
  assert.equal(delta.content, "Hello");
  assert.deepEqual([elicitation.server_elicitation_id, elicitation.url, elicitation.meta], ["", "", null]);
  const { input_tokens, output_tokens, context_length, context_limit, cost } = told;
  assert.deepEqual([input_tokens, output_tokens, context_length, context_limit, cost], [3, 0, 0, 0, 0]);
  assert.deepEqual([finish.reason, finish.finish_reason], ["stop", "length"]);
  const again = send("again");
  worker.reply(await command("send"), RESULT);
  assert.deepEqual(await again, { message: { role: "assistant", content: "Hello" } });
});

test("a failed turn: one error event, and a rejection with the same text", async () => {
  const events = [];
  const { session, id } = await createSession((event) => events.push(event));
  const sending = session.send("hi");
  worker.events(id, ...turn("t1", START, ERROR));
  worker.refuse(await command("send"), { kind: "overloaded", message: ERROR.message });
  await rejects(sending, events.at(-1).message);
  assert.equal(events.filter(({ type }) => type === "error").length, 1);
});

test("one turn at a time, abort, restart, close", async () => {
  const events = [];
  const { session, id } = await createSession((event) => events.push(event.type));
  await rejects(session.send(42), "send: expected a prompt string");
  const first = session.send("hello");
  await rejects(session.send("again"), "embeddedchat: a run is already active");
  session.abort(); // at once: the turn is registered already
  const sent = await command("send");
  worker.events(id, ...turn("t1", START, ABORTED));
  worker.refuse(sent, { kind: "aborted", message: "The turn was aborted." });
  await rejects(first, "chat aborted");
  assert.deepEqual(events, []);
  assert.equal((await command("abort")).params.session, id);

  const restarting = session.restart();
  await rejects(session.restart(), "session is restarting");
  await rejects(session.send("x"), "session is restarting");
  worker.reply(await command("restart"), null);
  await restarting;

  const closing = session.close();
  await rejects(session.send("late"), "session is closed");
  await rejects(session.restart(), "session is closed");
  await rejects(session.confirm(true), "session is closed");
  await rejects(session.respondToElicitation({ id: "x", action: "accept" }), "session is closed");
  session.abort();
  worker.reply(await command("close"), null);
  await Promise.all([closing, session.close()]);
});

test("a turn that finishes although it was aborted counts as aborted", async () => {
  const { session } = await createSession();
  const sending = session.send("hello");
  session.abort();
  worker.reply(await command("send"), RESULT);
  await rejects(sending, "chat aborted");
});

test("confirm and respondToElicitation check their arguments before anything else", async () => {
  const { session } = await createSession(() => {});
  const list = "(approve, approve_tool, approve_balanced, approve_autonomous, reject)";
  await rejects(session.confirm(), "confirm: expected a decision");
  await rejects(session.confirm("maybe"), `unknown decision "maybe" ${list}`);
  await rejects(session.confirm({ decision: "approve_tool" }), "approve_tool requires toolName");
  await rejects(session.confirm(true), "no tool confirmation is pending");
  await rejects(session.respondToElicitation("accept"), "respondToElicitation: expected {id, action, content?}");
  await rejects(session.respondToElicitation({ action: "accept" }), "respondToElicitation: id is required");
  await rejects(session.respondToElicitation({ id: "x", action: "shrug" }), 'unknown elicitation action "shrug" (accept, decline, cancel)');
  const stale = session.respondToElicitation({ id: "stale", action: "decline" });
  worker.refuse(await command("respond"), { kind: "config", message: "no such elicitation is pending" });
  await rejects(stale, "no such elicitation is pending");
});

test("one confirmation at a time, although several wait", async () => {
  const asked = [];
  const { session, id } = await createSession((event) => event.type === "tool_confirmation" && asked.push(event.id));
  const sending = session.send("hi");
  const sent = await command("send");
  const calls = ["a", "b", "c", "d"].map((call) => ({ ...CONFIRMATION, id: call, name: call === "d" ? "other" : "look" }));
  worker.events(id, ...turn("t1", START, ...calls));
  assert.deepEqual(asked, ["a"]);
  const rejecting = session.confirm("reject", "not that");
  const first = await command("confirm");
  assert.deepEqual(first.params, { decision: "reject", reason: "not that", id: "a", session: id });
  worker.reply(first, null);
  await rejecting;
  assert.deepEqual(asked, ["a", "b"]);
  worker.events(id, { ...RESULT_OF_CALL, id: "b", turn: "t1", seq: 6 }); // timed out, say
  assert.deepEqual(asked, ["a", "b", "c"]);
  const approving = session.confirm({ decision: "approve_tool", toolName: "look" });
  worker.reply(await command("confirm"), null);
  await approving;
  assert.deepEqual(asked, ["a", "b", "c", "d"]);
  worker.events(id, ...turn("t1", FINISH));
  await rejects(session.confirm(true), "no tool confirmation is pending");
  worker.reply(sent, RESULT);
  await sending;
});

for (const [theirs, ours] of [
  ["approve_balanced", "approve_read_only"],
  ["approve_autonomous", "approve_all"],
  ["approve", "approve"],
]) {
  test(`the decision ${theirs} is ${ours} in our API`, async () => {
    const { session, id } = await createSession(() => {});
    const sending = session.send("hi");
    const sent = await command("send");
    for (const argument of [theirs, { decision: theirs }]) {
      worker.events(id, { ...CONFIRMATION, turn: "t1", seq: 1 });
      const confirming = session.confirm(argument);
      const confirmed = await command("confirm");
      assert.equal(confirmed.params.decision, ours);
      worker.reply(confirmed, null);
      await confirming;
    }
    worker.reply(sent, RESULT);
    await sending;
    for (const answer of [theirs, { decision: theirs, reason: "r" }]) {
      const chatting = dockerAgent.chat({ yaml: YAML, messages: [{ role: "user", content: "hi" }] }, () => answer);
      const chat = await command("chat");
      worker.events(chat.params.session, { ...CONFIRMATION, turn: "t2", seq: 1 });
      assert.equal((await command("confirm")).params.decision, ours);
      worker.reply(chat, RESULT);
      await chatting;
    }
  });
}

test("a chat answers by what its handler returns, one question at a time", async () => {
  const asked = [];
  const answers = [];
  const handler = (event) => {
    if (event.type !== "tool_confirmation" && event.type !== "elicitation") return undefined;
    asked.push(event.id);
    return new Promise((resolve) => answers.push(resolve));
  };
  const chatting = dockerAgent.chat({ yaml: YAML, messages: [{ role: "user", content: "hi" }] }, handler);
  const chat = await command("chat");
  worker.events(chat.params.session, ...turn("t1", START, CONFIRMATION, ELICITATION));
  await settle();
  assert.deepEqual(asked, ["c1"]);
  answers[0]({ decision: "reject", reason: "no" });
  assert.deepEqual((await command("confirm")).params, { decision: "reject", reason: "no", session: chat.params.session, id: "c1" });
  await settle();
  assert.deepEqual(asked, ["c1", "e1"]);
  answers[1]("accept");
  assert.deepEqual((await command("respond")).params, { action: "accept", session: chat.params.session, id: "e1" });
  worker.reply(chat, RESULT);
  assert.deepEqual(await chatting, { message: { role: "assistant", content: "Hello" } });
});

test("a new chat cancels the one before, and abort() the running one", async () => {
  const events = [];
  const options = { yaml: YAML, messages: [{ role: "user", content: "hi" }] };
  const first = dockerAgent.chat(options, (event) => events.push(event.type));
  const one = await command("chat");
  const second = dockerAgent.chat(options);
  const stopping = await command("abort");
  assert.equal(stopping.params.session, one.params.session);
  worker.events(one.params.session, ...turn("t1", START, ABORTED));
  worker.refuse(one, { kind: "aborted", message: "The turn was aborted." });
  await rejects(first, "chat aborted");
  assert.deepEqual(events, []);
  const two = await command("chat");
  assert.equal(two.params.interactive, false);
  dockerAgent.abort();
  worker.refuse(two, { kind: "aborted", message: "The turn was aborted." });
  await rejects(second, "chat aborted");
  dockerAgent.abort();
  const third = dockerAgent.chat(options);
  dockerAgent.abort(); // before it has begun
  await rejects(third, "chat aborted");
  const last = dockerAgent.chat(options);
  worker.refuse(await command("chat"), { kind: "auth", message: "the key is wrong", status: 401 });
  await assert.rejects(last, { message: "the key is wrong", kind: "auth", status: 401 });
});

test("a handler that throws hurts nobody", async (context) => {
  context.mock.method(console, "error", () => {});
  const { session, id } = await createSession(() => {
    throw new Error("boom");
  });
  const sending = session.send("hi");
  const sent = await command("send");
  worker.events(id, ...turn("t1", START, CONFIRMATION));
  const confirming = session.confirm(true);
  worker.reply(await command("confirm"), null);
  await confirming;
  worker.reply(sent, RESULT);
  await sending;
});
