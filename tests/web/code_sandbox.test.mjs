// The page's side of the code sandbox: limits, shapes, and what becomes of what a run sends.

import assert from "node:assert/strict";
import test from "node:test";
import { classicScript } from "../../web/client/code/classic.js";
import { withMaximum } from "../../web/client/code/memory-limit.js";
import { Run } from "../../web/client/code/run.js";
import { Turns } from "../../web/client/code/turns.js";
import { missingIn } from "../../web/sandbox/confined.js";

const LIMITS = { time_ms: 60_000, output_chars: 10, memory_mb: 64, files: 1, file_bytes: 6 };

class FakePython {
  posted = [];
  alive = true;
  died = new Promise((resolve) => (this.die = resolve));
  listen(receive) {
    this.receive = receive;
  }
  post(message) {
    this.posted.push(message);
  }
  ping() {}
  watch() {
    return () => {};
  }
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  }
  end() {
    this.alive = false;
  }
  say(message) {
    this.receive(typeof message === "string" ? message : JSON.stringify({ id: 1, ...message }));
  }
}

function begin(limits = {}) {
  const python = new FakePython();
  const pieces = [];
  const functions = [{ name: "find", doc: "" }];
  const request = { code: "1", files: {}, keep: false, functions, packages: [], limits: { ...LIMITS, ...limits } };
  const run = new Run(python, 1, request, [], (piece) => pieces.push(piece));
  return { python, pieces, run };
}

test("a result is a copy of what has the shape", async () => {
  const { python, run } = begin();
  python.say({ type: "result", value: { kind: "text", text: "2", other: 1 }, other: 1 });
  const { status, result } = await run.ended;
  assert.equal(status, "done");
  assert.deepEqual(result.value, { kind: "text", text: "2" });
  assert.equal("other" in result, false);
  assert.equal(python.alive, true);
});

test("what is of no run of this page is ignored", async () => {
  const { python, pieces, run } = begin();
  for (const sent of ["", "null", "{", '"x"', "[]", '{"id":2,"type":"result"}', '{"id":1,"type":"finish"}']) python.say(sent);
  python.receive({ type: "result", id: 1 });
  python.say({ type: "result" });
  assert.equal((await run.ended).status, "done");
  assert.deepEqual(pieces, []);
});

for (const [name, sent] of Object.entries({
  "a value that is no text": { type: "result", value: { kind: "text", text: 1 } },
  "markup instead of a picture": { type: "result", plots: [{ mime: "text/html", data: "", name: "" }] },
  "too many files": {
    type: "result",
    files: [
      { path: "a", data: "" },
      { path: "b", data: "" },
    ],
  },
  "files that are too large": { type: "result", files: [{ path: "a", data: "A".repeat(100) }] },
  "an unknown stream": { type: "output", stream: "self", text: "" },
  "arguments that are a list": { type: "call", call: 1, name: "find", args: [] },
})) {
  test(`${name}: the run ends`, async () => {
    const { python, run } = begin();
    python.say(sent);
    const { status, result } = await run.ended;
    assert.deepEqual([status, result, python.alive], ["died", null, false]);
  });
}

test("output is cut at its limit, and the run ends", async () => {
  const { python, pieces, run } = begin();
  python.say({ type: "output", stream: "stdout", text: "123456" });
  python.say({ type: "output", stream: "stdout", text: "789012" });
  assert.equal((await run.ended).status, "output");
  assert.deepEqual(
    pieces.map(({ text }) => text),
    ["123456", "7890"],
  );
  assert.equal(python.alive, false);
});

test("a flood of messages ends the run", async () => {
  const { python, run } = begin();
  for (let n = 0; n <= 20_000; n++) python.say({ type: "output", stream: "stdout", text: "" });
  assert.equal((await run.ended).status, "output");
});

test("time, a stop and a death end the run and its Python", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const late = begin({ time_ms: 1000 });
  t.mock.timers.tick(1000);
  assert.equal((await late.run.ended).status, "time");
  assert.equal(late.python.alive, false);
  const stopped = begin();
  stopped.run.stop();
  assert.equal((await stopped.run.ended).status, "stopped");
  for (const [reason, status] of [
    ["RangeError: Out of memory", "memory"],
    ["EvalError", "died"],
  ]) {
    const { python, run } = begin();
    python.die(reason);
    assert.equal((await run.ended).status, status);
  }
});

test("only functions of the run are called, and each call is answered once", async () => {
  const { python, pieces, run } = begin();
  python.say({ type: "call", call: 1, name: "constructor", args: {} });
  python.say({ type: "call", call: 2, name: "find", args: { id: 3 } });
  python.say({ type: "call", call: 2, name: "find", args: { id: 4 } });
  assert.deepEqual(pieces, [{ type: "call", id: 2, name: "find", args: { id: 3 } }]);
  assert.equal(run.answer(2, { value: "found" }), true);
  assert.equal(run.answer(2, { value: "again" }), false);
  assert.deepEqual(python.posted.slice(1), [
    { type: "answer", id: 1, call: 1, error: "there is no function constructor" },
    { type: "answer", id: 1, call: 2, value: "found" },
  ]);
  run.stop();
});

test("runs wait for their turn, up to a number", async () => {
  const turns = new Turns(1, 1);
  const { signal } = new AbortController();
  const leave = await turns.enter(signal);
  const second = turns.enter(signal);
  await assert.rejects(turns.enter(signal), /wait already/);
  leave();
  leave();
  await second;
});

test("the maximum of the memory is rewritten in its place", async () => {
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 6, 1, 1, 16, 0x80, 0x80, 4];
  const least = 20 * 65_536;
  const made = async (limit) =>
    new Uint8Array(await (await withMaximum(new Blob([Uint8Array.from(head)]), limit, least)).arrayBuffer());
  for (const [limit, pages] of [
    [256 * 65_536, 256],
    [0, 20],
    [1e12, 65_536],
  ]) {
    const bytes = await made(limit);
    assert.equal(bytes.length, head.length);
    assert.equal((bytes[13] & 127) + (bytes[14] & 127) * 128 + bytes[15] * 16_384, pages);
    assert.equal(WebAssembly.validate(bytes), true);
  }
  await assert.rejects(withMaximum(new Blob([Uint8Array.from(head.slice(0, 8))]), 1, 1), /memory/);
});

test("scripts that are not as expected are not joined", () => {
  const parts = classicScript("const a = 1; export default a;", "const b = 2; export{b as loadPyodide,b as version};", "own");
  assert.match(parts.join(""), /return a;.*return b;/s);
  const importing = classicScript("const a = () => import(x); export default a;", "export{b as loadPyodide};", "own");
  assert.doesNotMatch(importing.join(""), /\bimport\(/);
  assert.throws(() => classicScript("export { a };", "export{b as loadPyodide};", ""), /pyodide\.asm\.mjs/);
});

test("nothing starts where scripts or the network can be reached", () => {
  const refuse = () => {
    throw new Error("refused");
  };
  class Request {
    open() {}
    send() {}
  }
  class Refused extends Request {
    send = refuse;
  }
  const confined = { origin: "null", importScripts: refuse, XMLHttpRequest: Refused };
  assert.equal(missingIn(confined), "");
  assert.match(missingIn({ ...confined, origin: "https://h" }), /origin/);
  assert.match(missingIn({ ...confined, importScripts: () => {} }), /scripts/);
  assert.match(missingIn({ ...confined, XMLHttpRequest: Request }), /network/);
});
