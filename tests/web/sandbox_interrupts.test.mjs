import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.self ??= globalThis; // as in a worker
const { interruptsOf } = await import("../../web/sandbox/interrupts.js");

/** What Pyodide does every so many instructions. */
const checks = (python) => () => {
  if (python._module.Py_EmscriptenSignalBuffer) throw new Error("there is no signal");
};

function started(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let ms = 1000;
  t.mock.method(performance, "now", () => ms);
  const python = {
    _module: {},
    setInterruptBuffer(buffer) {
      this._module.Py_EmscriptenSignalBuffer = buffer;
      this.isChecking = Boolean(buffer);
    },
  };
  const limit = interruptsOf(python);
  return { python, limit, check: checks(python), pass: (by) => (ms += by) };
}

test("code that does not come back to the event loop ends after its limit", (t) => {
  const { python, limit, check, pass } = started(t);
  assert.ok(python.isChecking);
  limit(2000);
  check();
  pass(2400);
  check();
  pass(200);
  assert.throws(check, /did not end within its limit/);
  limit(0);
  check();
});

test("code that comes back has its time anew", (t) => {
  const { limit, check, pass } = started(t);
  limit(2000);
  for (let number = 0; number < 5; number++) {
    check();
    pass(2000);
    check();
    t.mock.timers.tick(0);
  }
  pass(10_000);
  check(); // the event loop was left only now
});

test("nothing runs without a limit, and the code cannot remove it", (t) => {
  const { python, check, pass } = started(t);
  check();
  pass(100_000);
  check();
  assert.throws(() => Object.defineProperty(python._module, "Py_EmscriptenSignalBuffer", { value: null }), TypeError);
});
