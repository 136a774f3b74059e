// What a page that was written for docker-agent sees, beside a worker that the test plays.

import assert from "node:assert/strict";
import { FakeWorker } from "./fake_worker.mjs";
import { settle } from "./started.mjs";

export const worker = new FakeWorker();
globalThis.Worker = function Worker() {
  return worker;
};
await import("../../web/compat/docker-agent.js");
delete globalThis.Worker;

export const { dockerAgent } = globalThis;
export const YAML = "agents: {root: {model: openai/gpt-x}}";
export const rejects = (promise, message) => assert.rejects(promise, (error) => error instanceof Error && (assert.equal(error.message, message), true));

let known = 0;
/** The next command of this method. */
export async function command(method) {
  for (;;) {
    const at = worker.posted.findIndex((posted, index) => index >= known && posted.method === method);
    if (at >= 0) {
      known = at + 1;
      return worker.posted[at];
    }
    await settle();
  }
}

export async function createSession(onEvent, options = {}) {
  const creating = dockerAgent.createSession({ yaml: YAML, ...options }, onEvent);
  const created = await command("create_session");
  worker.reply(created, { agent: "root", models: [] });
  return { session: await creating, id: created.params.session, params: created.params };
}
