// `sparewheel/ag-ui`: each log of events gives runs that match the schemas of `@ag-ui/core`, each with one end.
// `test_ag_ui.py` has them judged by `ag-ui-validate`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { SparewheelAgent, toAGUIEvents } from "../../web/adapters/ag-ui.js";
import { fold } from "../../web/fold.js";
import { randomLog } from "./event_logs.mjs";
import { turn } from "./fake_worker.mjs";
import { CALL, CONFIRMATION, RESULT_OF_CALL, settle, startSession } from "./started.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { EventSchema, MessageSchema } = await import(require.resolve("@ag-ui/core/schemas"));
const SEEDS = Array.from({ length: Number(process.env.SPAREWHEEL_LOGS ?? 60) }, (_, seed) => seed);
const ENDS = new Set(["RUN_FINISHED", "RUN_ERROR"]);

/** Applies events as AG-UI's client does; fails where they do not fit. Returns the messages. */
function apply(events) {
  let messages = [];
  const open = new Set();
  const calls = new Set();
  let running = false;
  for (const event of events) {
    const judged = EventSchema.safeParse(event);
    assert.ok(judged.success, `${JSON.stringify(event)} ${judged.error}`);
    assert.equal(running, event.type !== "RUN_STARTED", `${event.type} in the wrong place`);
    const { type, messageId: id, delta, toolCallId } = event;
    if (type === "RUN_STARTED") running = true;
    if (ENDS.has(type)) {
      running = false;
      assert.deepEqual([...open], []);
    }
    if (/^(TEXT|REASONING)_MESSAGE_START$/.test(type)) {
      assert.ok(!messages.some((message) => message.id === id));
      messages.push({ id, role: event.role, content: "" });
      open.add(id);
    } else if (/MESSAGE_CONTENT$/.test(type)) {
      assert.ok(open.has(id) && delta);
      messages.find((message) => message.id === id).content += delta;
    } else if (/MESSAGE_END$/.test(type)) assert.ok(open.delete(id));
    else if (type === "TOOL_CALL_START") {
      assert.ok(!calls.has(toolCallId));
      calls.add(toolCallId);
    } else if (type === "TOOL_CALL_RESULT") assert.ok(calls.has(toolCallId));
    else if (type === "MESSAGES_SNAPSHOT") {
      assert.deepEqual([...open], []);
      for (const message of event.messages) assert.ok(MessageSchema.safeParse(message).success, JSON.stringify(message));
      messages = structuredClone(event.messages);
    }
  }
  assert.equal(running, false);
  return messages;
}

test("any log is valid runs with one end each, and shows the text of the answer", () => {
  let runs = 0;
  for (const seed of SEEDS) {
    const log = randomLog(seed);
    const events = toAGUIEvents(log, { threadId: "t", messages: [] });
    const said = apply(events).filter(({ role, content }) => role === "assistant" && content);
    const { text } = fold(log);
    assert.ok(said.map(({ content }) => content).join("").endsWith(text), `seed ${seed}`);
    runs += events.filter(({ type }) => type === "RUN_STARTED").length;
    const whole = toAGUIEvents(log, { threadId: "t", messages: [], approvals: "custom" });
    apply(whole);
    assert.equal(whole.filter(({ type }) => ENDS.has(type)).length, 1);
  }
  assert.ok(runs > SEEDS.length);
});

test("a log that was cut anywhere is valid runs", () => {
  const log = randomLog(11);
  for (let length = 0; length < log.length; length++) apply(toAGUIEvents(log.slice(0, length), { threadId: "t", messages: [] }));
});

const START = { type: "start", agent: "root", model: "p/a" };
const FINISH = { type: "finish", reason: "stop", model: "p/b", message: { role: "assistant", content: "good" }, usage: null };

test("text that was discarded is taken back, or told to be void", () => {
  const log = turn("t", START,
    { type: "delta", attempt: 1, index: 0, content: "void" },
    { type: "discard", attempt: 1, chars: 4 },
    { type: "delta", attempt: 2, index: 0, content: "good" }, FINISH);
  const before = { id: "u", role: "user", content: "hi" };
  assert.deepEqual(apply(toAGUIEvents(log, { threadId: "t", messages: [before] })).map(({ content }) => content), ["hi", "good"]);
  const events = toAGUIEvents(log, { threadId: "t" });
  assert.deepEqual(apply(events).map(({ content }) => content), ["void", "good"]);
  const { value } = events.find(({ name }) => name === "sparewheel.discard");
  assert.deepEqual(value.messageIds, [events.find(({ type }) => type === "TEXT_MESSAGE_START").messageId]);
});

test("usage is told by model, that of discarded attempts included", () => {
  const none = { cached_tokens: null, written_tokens: null, reasoning_tokens: null, context_length: null, context_limit: null, cost: null };
  const usage = (attempt, model, input, output) => ({ type: "usage", attempt, model, input_tokens: input, output_tokens: output, ...none, discarded: attempt === 1 });
  const log = turn("t", START, usage(1, "p/a", 3, null), usage(2, "p/a", 4, 1), usage(3, "q/b/c", 5, 2), FINISH);
  assert.deepEqual(toAGUIEvents(log, { threadId: "t" }).at(-1).usage, [
    { provider: "p", model: "a", inputTokens: 7, outputTokens: 1 },
    { provider: "q", model: "b/c", inputTokens: 5, outputTokens: 2 },
  ]);
});

async function play(agent, input, options) {
  const events = [];
  for await (const event of agent.run({ threadId: "thread", ...input }, options)) events.push(event);
  return events;
}

test("an agent's run ends with an interrupt, and the next one goes on with the turn", async () => {
  const { worker, session } = await startSession();
  const agent = new SparewheelAgent({ session });
  const messages = [{ id: "u", role: "user", content: "hi" }];
  const running = play(agent, { runId: "one", messages });
  const command = await worker.command("send");
  assert.equal(command.params.prompt, "hi");
  const log = turn("t", START, CALL, CONFIRMATION, RESULT_OF_CALL, FINISH);
  worker.events("s1", ...log.slice(0, 3));
  const first = await running;
  const { outcome, runId } = first.at(-1);
  assert.equal(runId, "one");
  assert.deepEqual(outcome.interrupts.map(({ id, toolCallId }) => [id, toolCallId]), [["c1", "c1"]]);
  const going = play(agent, { runId: "two", messages, resume: [{ interruptId: "c1", status: "resolved", payload: { approved: true } }] });
  const confirm = await worker.command("confirm");
  assert.deepEqual([confirm.params.id, confirm.params.decision], ["c1", "approve"]);
  worker.reply(confirm, null);
  worker.events("s1", ...log.slice(3));
  worker.reply(command, {});
  const second = await going;
  assert.deepEqual(second[0], { type: "RUN_STARTED", threadId: "thread", runId: "two", protocolVersion: "1.0", parentRunId: "one" });
  assert.deepEqual(second.at(-1).outcome, { type: "success" });
  apply([...first, ...second]);
});

test("an agent whose run is left, aborted or given another prompt aborts the turn", async () => {
  const { worker, session } = await startSession();
  const agent = new SparewheelAgent({ session });
  const messages = [{ id: "u", role: "user", content: [{ type: "text", text: "hi" }] }];
  const stop = new AbortController();
  const running = play(agent, { runId: "one", messages }, { signal: stop.signal });
  const command = await worker.command("send");
  worker.events("s1", ...turn("t", START));
  stop.abort();
  await worker.command("abort");
  worker.events("s1", ...turn("t", START, { type: "aborted", reason: "user", partial: "", message: null, usage: null }).slice(1));
  worker.refuse(command, { kind: "aborted", message: "aborted" });
  assert.deepEqual((await running).at(-1).outcome, { type: "cancelled" });
  const answered = { id: "a", role: "assistant", content: "x" };
  await assert.rejects(play(agent, { runId: "two", messages: [...messages, answered] }), /has to be the user's/);
  await settle();
});
