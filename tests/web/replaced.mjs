// A runtime whose workers are played by the test, and time that passes under the test's control.

import { mock } from "node:test";

import { createRuntime } from "../../web/sparewheel.js";
import { FakeWorker } from "./fake_worker.mjs";
import { settle } from "./started.mjs";

const CREATED = { agent: "root", models: ["demo/hello"], agents: ["root"], welcome_message: "", warnings: [], commands: {} };

/** A runtime, its workers as they are made, and its sessions s1, s2, …, each with what its listener has heard. */
export async function start(count = 1, options = {}) {
  const workers = [];
  const heard = [];
  const createWorker = () => {
    workers.push(new FakeWorker());
    return workers.at(-1);
  };
  const starting = createRuntime({ createWorker, onEvent: (event) => heard.push(event), ...options });
  await settle();
  workers[0].ready();
  const runtime = await starting;
  const sessions = [];
  for (let number = 0; number < count; number++) {
    const events = [];
    const creating = runtime.createSession({ yaml: `y${number}` }, (event) => events.push(event));
    workers[0].reply(await workers[0].command("create_session", number), CREATED);
    sessions.push(Object.assign(await creating, { events }));
  }
  return { runtime, workers, heard, sessions };
}

/** Let the newest worker start and take over. */
export async function takeOver(workers) {
  await settle();
  workers.at(-1).ready();
  await settle();
  return workers.at(-1);
}

/** Let a worker that has taken over create the next sessions that are used. */
export async function recreate(worker, count = 1) {
  for (let number = 0; number < count; number++) worker.reply(await worker.command("create_session", number), CREATED);
}

/** Time passes in small steps, and everything that is ready happens. */
export async function seconds(count) {
  for (let step = 0; step < count * 10; step++) {
    mock.timers.tick(100);
    await settle();
  }
}
