// When a page that was written for docker-agent is told of a call.

import assert from "node:assert/strict";
import test from "node:test";
import { HeldCalls } from "../../web/compat/held-calls.js";
import { command, createSession, worker } from "./compat_page.mjs";
import { FINISH, RESULT, turn } from "./fake_worker.mjs";
import { CALL, CONFIRMATION, RESULT_OF_CALL } from "./started.mjs";

/** The types of the events that a page sees of one call. */
async function seen(...steps) {
  const heard = [];
  const { session, id } = await createSession((event) => heard.push(event.type));
  const sending = session.send("hi");
  const sent = await command("send");
  let seq = 0;
  for (const step of steps) {
    if (typeof step === "function") await step(session);
    else worker.events(id, { ...step, turn: "t1", seq: ++seq });
  }
  worker.events(id, { ...FINISH, turn: "t1", seq: ++seq });
  worker.reply(sent, RESULT);
  await sending;
  return heard;
}

const decide = (decision) => async (session) => {
  const deciding = session.confirm(decision);
  worker.reply(await command("confirm"), {});
  await deciding;
};
const BLOCKED = { type: "tool_blocked", id: "c1", name: "look", reason: "No." };

worker.ready();

test("tool_call comes when the call runs", async () => {
  const ran = ["tool_confirmation", "tool_call", "tool_result", "finish"];
  assert.deepEqual(await seen(CALL, CONFIRMATION, decide("approve"), RESULT_OF_CALL), ran);
  assert.deepEqual(await seen(CALL, RESULT_OF_CALL), ["tool_call", "tool_result", "finish"]);
  const refused = ["tool_confirmation", "tool_blocked", "tool_result", "finish"];
  assert.deepEqual(await seen(CALL, CONFIRMATION, decide("reject"), BLOCKED, RESULT_OF_CALL), refused);
});

test("a long call without a question is told before its end", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const heard = [];
  const held = new HeldCalls((event) => heard.push(event.type));
  assert.equal(held.holds(CALL), true);
  context.mock.timers.tick(500);
  assert.deepEqual(heard, ["tool_call"]);
});
