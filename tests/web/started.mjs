// A runtime whose worker is played by the test, and sessions of it.

import { createRuntime } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";

export async function startRuntime() {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false });
  await Promise.resolve();
  worker.ready();
  return { worker, runtime: await starting };
}

export async function startSession(options = {}, onEvent) {
  const { worker, runtime } = await startRuntime();
  const creating = runtime.createSession({ yaml: "y", ...options }, onEvent);
  const command = await worker.command("create_session");
  worker.reply(command, { agent: "root", models: ["demo/hello"] });
  return { worker, runtime, session: await creating, params: command.params };
}

/** Let everything that is ready happen. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export const CALL = { type: "tool_call", id: "c1", name: "look", args: '{"q":1}' };
export const CONFIRMATION = { type: "tool_confirmation", id: "c1", name: "look", args: '{"q":1}' };
export const RESULT_OF_CALL = { type: "tool_result", id: "c1", name: "look", output: "found", is_error: false };
export const ELICITATION = {
  type: "elicitation", id: "e1", message: "Which city?", mode: "form",
  schema: { type: "object", properties: { city: { type: "string" } } },
};
