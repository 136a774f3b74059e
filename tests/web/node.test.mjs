// The worker under Node: a thread that has the interface of a browser's worker.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { createRuntime, SparewheelError } from "../../web/node/index.js";
import { threadWorker } from "../../web/node/thread-worker.js";
import { BUILD } from "../../web/boot/build.js";

const BOOTS = `
import { parentPort } from "node:worker_threads";
parentPort.on("message", (data) => {
  if (data.type === "boot") parentPort.postMessage(data.build === ${JSON.stringify(BUILD)} ? { type: "ready", ms: 1 } : {});
  else parentPort.postMessage(data);
});`;
const ANSWERS = `${BOOTS}
parentPort.on("message", (data) => {
  if (typeof data !== "string") return;
  const { id, method } = JSON.parse(data);
  if (method === "parse_config") throw new Error("out of memory");
  if (method === "list_agents") process.exit(3);
});`;

/** A folder with a thread's script, as `node/thread.js`. */
async function assets(t, script) {
  const folder = await mkdtemp(join(tmpdir(), "sparewheel-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "thread.mjs");
  await writeFile(file, script);
  return pathToFileURL(file);
}

test("a thread sends and gets what a worker would, until it is ended", async (t) => {
  const worker = threadWorker(await assets(t, BOOTS));
  const stop = new AbortController();
  const got = [];
  worker.addEventListener("message", ({ data }) => got.push(data), { signal: stop.signal });
  const next = () => new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
  const first = next();
  worker.postMessage("a text");
  assert.equal((await first).data, "a text");
  stop.abort();
  const second = next();
  worker.postMessage({ type: "other" });
  assert.deepEqual((await second).data, { type: "other" });
  assert.deepEqual(got, ["a text"]);
  worker.terminate();
  worker.terminate();
});

for (const [method, reason] of [
  ["parseConfig", /out of memory/],
  ["listAgents", /its thread ended \(exit code 3\)/],
]) {
  test(`what waits is rejected when the thread ends (${method})`, async (t) => {
    const workerUrl = await assets(t, ANSWERS);
    const runtime = await createRuntime({ workerUrl, restart: false });
    const waiting = runtime.createSession({ yaml: "y" });
    const ends = [waiting, runtime[method]("y")].map((promise) => assert.rejects(promise, reason));
    await Promise.all(ends);
    assert.match((await runtime.closed).message, reason);
  });
}

test("assets that are not there are named, with what to do", async () => {
  const starting = createRuntime({ assetBase: "https://cdn.example/sparewheel" });
  await assert.rejects(starting, (error) => {
    assert.ok(error instanceof SparewheelError);
    assert.match(error.message, /https:\/\/cdn\.example\/sparewheel\/node\/thread\.js is not a file/);
    assert.match(error.hint, /set assetBase to the folder/);
    return true;
  });
  await assert.rejects(createRuntime({ assetBas: "x" }), /did you mean "assetBase"/);
  await assert.rejects(createRuntime(null), /expected an options object/);
});

test("to import it has no effect, and a process ends once its runtime is disposed of", async (t) => {
  const url = await assets(t, BOOTS);
  const api = JSON.stringify(new URL("../../web/node/index.js", import.meta.url).href);
  const program = `
    const before = Object.keys(globalThis).join();
    const { createRuntime } = await import(${api});
    console.log(Object.keys(globalThis).join() === before, process.getActiveResourcesInfo().includes("MessagePort"));
    const runtime = await createRuntime({ workerUrl: ${JSON.stringify(url.href)} });
    runtime.dispose();
    runtime.dispose();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data) => (text += data));
  const [code] = await once(child, "close");
  assert.deepEqual([code, text], [0, "true false\n"]);
});
