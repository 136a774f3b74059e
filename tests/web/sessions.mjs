// Sessions of a runtime whose worker is played by the test.

import assert from "node:assert/strict";
import { createRuntime, SparewheelError } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";

export async function start(...listeners) {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false });
  await Promise.resolve();
  worker.ready();
  const runtime = await starting;
  const sessions = [];
  for (const listener of listeners.length ? listeners : [undefined]) {
    const creating = runtime.createSession({ yaml: "y" }, listener);
    worker.reply(await worker.command("create_session", sessions.length), { agent: "root", models: ["demo/hello"] });
    sessions.push(await creating);
  }
  return { worker, runtime, sessions, session: sessions[0] };
}

export const kind = (expected, message = /./) => (error) => {
  assert.ok(error instanceof SparewheelError, String(error));
  assert.equal(error.kind, expected);
  assert.match(error.message, message);
  return true;
};

/** Collect a stream; `seen` holds what came, also when it throws. */
export async function collect(stream, seen = []) {
  for await (const event of stream) seen.push(event);
  return seen;
}
