// Who starts anew when a snapshot fails: the page, with another worker.

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { launchWorker } from "../../web/assets/launch.js";
import { BUILD } from "../../web/boot/build.js";
import { FakeWorker } from "./fake_worker.mjs";

/** A launch; `made(n)` is its nth worker (from 0), once it has been told to boot. */
function launching(options = {}) {
  const workers = [];
  const waiting = [];
  class Booting extends FakeWorker {
    postMessage(data) {
      super.postMessage(data);
      workers.push(this);
      waiting.splice(0).forEach((look) => look());
    }
  }
  const made = async (n) => {
    while (workers.length <= n) await new Promise((look) => waiting.push(look));
    return workers[n];
  };
  const seen = [];
  const ready = launchWorker({
    workerUrl: new URL("http://h/worker.js"),
    indexURL: "http://h/pyodide/",
    createWorker: () => new Booting(),
    onProgress: ({ stage, message }) => seen.push([stage, message]),
    ...options,
  });
  return { ready, made, workers, seen };
}

const failed = (stage, reason) => ({ type: "boot_failed", stage, reason, hint: "" });

for (const [what, fail, reason] of [
  ["says that it failed", (worker) => worker.say(failed("snapshot", "damaged")), /damaged/],
  ["dies while restoring", (worker) => worker.fail("memory access out of bounds"), /out of bounds/],
  ["fails after restoring", (worker) => (worker.progress("runtime"), worker.say(failed("runtime", "no runtime"))), /no runtime/],
]) {
  test(`a worker that ${what} is ended, and another one starts without a snapshot`, async () => {
    const { ready, made, workers, seen } = launching();
    const first = await made(0);
    first.progress("check");
    first.progress("snapshot");
    fail(first);
    const second = await made(1);
    assert.equal(first.terminated, true);
    assert.deepEqual(first.posted, [{ type: "boot", indexURL: "http://h/pyodide/", build: BUILD }]);
    second.progress("pyodide");
    second.ready();
    const { worker, boot } = await ready;
    assert.equal(worker, second);
    assert.equal(boot.mode, "plain");
    assert.match(boot.reason, reason);
    assert.deepEqual(second.posted, [{ type: "boot", indexURL: "http://h/pyodide/", build: BUILD, snapshot: false }]);
    assert.equal(workers.length, 2);
    const [stage, message] = seen.at(-2);
    assert.equal(stage, "snapshot");
    assert.match(message, reason);
    assert.match(message, /starting without it$/);
  });
}

test("a worker that is mute while restoring is not waited for as long as others", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { ready, made } = launching();
    (await made(0)).progress("snapshot");
    mock.timers.tick(40_000);
    const second = await made(1);
    second.ready();
    assert.equal((await ready).worker, second);
  } finally {
    mock.timers.reset();
  }
});

test("only what a snapshot can be to blame for is tried again, and once", async () => {
  const before = launching();
  const only = await before.made(0);
  only.progress("check");
  only.say(failed("check", "no WebAssembly"));
  await assert.rejects(before.ready, { stage: "check" });
  assert.equal(before.workers.length, 1);

  const twice = launching();
  (await twice.made(0)).progress("snapshot");
  twice.workers[0].fail("trap");
  (await twice.made(1)).say(failed("pyodide", "404"));
  await assert.rejects(twice.ready, { kind: "boot_failed", stage: "pyodide" });
  assert.equal(twice.workers.length, 2);
});

test("a failure that another way to start would meet as well is not tried again", async () => {
  const { ready, made, workers } = launching();
  (await made(0)).progress("snapshot");
  workers[0].say({ ...failed("snapshot", "pyodide.asm.wasm is damaged"), final: true });
  await assert.rejects(ready, { kind: "boot_failed", message: /pyodide\.asm\.wasm is damaged/ });
  assert.equal(workers.length, 1);
});

test("a start from the snapshot is told as such, and one without because there is none, too", async () => {
  for (const [stage, mode] of [["snapshot", "snapshot"], ["pyodide", "plain"]]) {
    const { ready, made } = launching();
    const worker = await made(0);
    for (const each of ["check", stage, "runtime"]) worker.progress(each);
    worker.ready();
    const { boot } = await ready;
    assert.equal(boot.mode, mode);
    assert.equal(boot.reason === null, mode === "snapshot");
  }
});

test("a start without a snapshot is asked for as such", async () => {
  const { ready, made } = launching({ snapshot: false });
  const worker = await made(0);
  worker.ready();
  const { boot } = await ready;
  assert.deepEqual([boot.mode, boot.reason], ["plain", "snapshot: false"]);
  assert.deepEqual(worker.posted, [{ type: "boot", indexURL: "http://h/pyodide/", build: BUILD, snapshot: false }]);
});

test("an abort while restoring ends everything", async () => {
  const control = new AbortController();
  const { ready, made, workers } = launching({ signal: control.signal });
  (await made(0)).progress("snapshot");
  control.abort();
  await assert.rejects(ready, { kind: "aborted" });
  assert.deepEqual(workers.map(({ terminated }) => terminated), [true]);
});
