// Documents, the egress proxy, and sign-ins to remote servers, of a page that was written for docker-agent.

import assert from "node:assert/strict";
import test from "node:test";
import { command, createSession, dockerAgent, rejects, worker, YAML } from "./compat_page.mjs";
import { RESULT, START, turn } from "./fake_worker.mjs";
import { ELICITATION, settle } from "./started.mjs";

const AUTHORIZE = "https://auth.test/authorize?state=s1";
const SIGN_IN = {
  ...ELICITATION, message: "mcp.test asks you to sign in at auth.test", mode: "url", schema: {}, url: AUTHORIZE,
  sign_in: { server: "https://mcp.test/mcp", state: "s1" },
};
const MESSAGES = [{ role: "user", content: "hi" }];
const BACK = { code: "code-1", state: "s1" };

worker.ready();

test("documents and addresses go to the worker, bytes as data: URLs", async () => {
  const documents = { "handbook/leave.md": "25 days", "handbook/scan.pdf": new TextEncoder().encode("%PDF") };
  const addresses = { toolProxy: "https://relay.test/proxy", oauthRedirectURI: "https://page.test/back" };
  const { params } = await createSession(() => {}, { documents, ...addresses });
  const expected = { "handbook/leave.md": "25 days", "handbook/scan.pdf": "data:application/octet-stream;base64,JVBERg==" };
  assert.deepEqual(params.documents, expected);
  assert.deepEqual([params.toolProxy, params.oauthRedirectURI], Object.values(addresses));
  const chatting = dockerAgent.chat({ yaml: YAML, messages: MESSAGES, documents, ...addresses });
  const chat = await command("chat");
  assert.deepEqual(chat.params.documents, expected);
  assert.deepEqual([chat.params.toolProxy, chat.params.oauthRedirectURI], Object.values(addresses));
  worker.reply(chat, RESULT);
  await chatting;
});

test("addresses that are empty texts are not set", async () => {
  const options = { toolProxy: "", oauthRedirectURI: "" };
  const { params } = await createSession(() => {}, options);
  assert.ok(!("toolProxy" in params) && !("oauthRedirectURI" in params));
  assert.deepEqual(options, { toolProxy: "", oauthRedirectURI: "" });
});

for (const message of [
  "options.toolProxy: must use https",
  "options.documents: 1001 documents exceed the limit of 1000",
  "The options are not valid: oauthRedirectURI: must be an http(s) address without a fragment",
]) {
  test(`the worker's refusal has the prefix of the call: ${message}`, async () => {
    const creating = dockerAgent.createSession({ yaml: YAML });
    worker.refuse(await command("create_session"), { kind: "config", message });
    await rejects(creating, `createSession: ${message}`);
  });
}

/** A turn that waits for a sign-in, and the event that its page got. */
async function asked() {
  const heard = [];
  const { session, id } = await createSession((event) => heard.push(event));
  const sending = session.send("hi");
  const sent = await command("send");
  worker.events(id, ...turn("t1", START, SIGN_IN));
  return { session, id, sending, sent, event: heard.at(-1) };
}

test("a sign-in is an elicitation with what docker-agent's page opens and compares", async () => {
  const { session, id, sending, sent, event } = await asked();
  const { type, mode, url, schema, server_elicitation_id, meta } = event;
  assert.deepEqual([type, event.id, mode, url, schema, server_elicitation_id], ["elicitation", "e1", "url", AUTHORIZE, {}, ""]);
  assert.deepEqual(meta, {
    "cagent/type": "oauth_flow",
    "cagent/server_url": "https://mcp.test/mcp",
    "cagent/authorize_url": AUTHORIZE,
    "cagent/state": "s1",
  });
  const answering = session.respondToElicitation({ id: event.id, action: "accept", content: BACK });
  const answer = await command("respond");
  assert.deepEqual(answer.params, { action: "accept", content: BACK, session: id, id: "e1" });
  worker.reply(answer, null);
  await answering;
  worker.reply(sent, RESULT);
  await sending;
});

test("a sign-in can be declined, and answered once", async () => {
  const { session, sending, sent } = await asked();
  for (const action of ["decline", "cancel"]) {
    const answering = session.respondToElicitation({ id: "e1", action });
    const answer = await command("respond");
    assert.equal(answer.params.action, action);
    if (action === "decline") worker.reply(answer, null);
    else worker.refuse(answer, { kind: "config", message: "no such elicitation is pending" });
    if (action === "decline") await answering;
    else await rejects(answering, "no such elicitation is pending");
  }
  worker.reply(sent, RESULT);
  await sending;
});

test("an abort ends the wait for a sign-in, and nothing more is told of it", async () => {
  const { session, sending, sent } = await asked();
  session.abort();
  worker.refuse(sent, { kind: "aborted", message: "The turn was aborted." });
  await rejects(sending, "chat aborted");
});

for (const [returned, params] of [
  [{ action: "accept", content: BACK }, { action: "accept", content: BACK }],
  [Promise.resolve({ action: "accept", content: BACK }), { action: "accept", content: BACK }],
  [true, { action: "accept" }],
  [undefined, { action: "decline" }],
  [{ action: "decline" }, { action: "decline" }],
]) {
  test(`the handler of a chat answers a sign-in with ${JSON.stringify(params)}`, async () => {
    const chatting = dockerAgent.chat({ yaml: YAML, messages: MESSAGES }, ({ type }) => (type === "elicitation" ? returned : true));
    const chat = await command("chat");
    const { session } = chat.params;
    worker.events(session, ...turn("t1", START, SIGN_IN));
    assert.deepEqual((await command("respond")).params, { ...params, session, id: "e1" });
    worker.reply(chat, RESULT);
    await chatting;
  });
}

test("a chat without a handler has no user who could sign in", async () => {
  const chatting = dockerAgent.chat({ yaml: YAML, messages: MESSAGES });
  const chat = await command("chat");
  assert.equal(chat.params.interactive, false);
  worker.reply(chat, RESULT);
  await chatting;
});
