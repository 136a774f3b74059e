// What functions of the page throw or return can be anything: each call is answered once, with text.

import assert from "node:assert/strict";
import test from "node:test";

import { messageOf } from "../../web/client/errors.js";
import { CONFIRMATION, startRuntime, startSession } from "./started.mjs";

const fails = () => {
  throw null;
};
const THROWN = {
  "null": null,
  "undefined": undefined,
  "a symbol": Symbol("x"),
  "an object without a prototype": Object.create(null),
  "an object whose text fails": { toString: fails },
  "an error whose message fails": Object.defineProperty(new Error(), "message", { get: fails }),
  "an error whose message is no text": Object.assign(new Error(), { message: { a: 1n } }),
  "a proxy that fails": new Proxy({}, { get: fails, getPrototypeOf: fails }),
};

for (const [name, thrown] of Object.entries(THROWN)) {
  test(`thrown: ${name}`, async () => {
    assert.equal(typeof messageOf(thrown), "string");
    const execute = async () => Promise.reject(thrown);
    const hook = () => {
      throw thrown;
    };
    const { worker } = await startSession({ tools: { look: { description: "", execute } }, hooks: { stop: hook } });
    worker.call(1, "tool", { name: "look", args: {}, call_id: "c" }, { session: "s1" });
    worker.call(2, "hook", { event: "stop", index: 0, input: {} }, { session: "s1" });
    const pieces = await worker.firstPieces(2);
    assert.deepEqual(pieces.map(({ call }) => call).sort(), [1, 2]);
    for (const { error } of pieces) assert.ok(typeof error === "string" && error !== "");
  });
}

test("a value that changes when it is looked at again", async () => {
  const execute = () => {
    let looks = 0;
    return { toJSON: () => (looks++ ? 1n : "one") };
  };
  const { worker } = await startSession({ tools: { look: { description: "", execute } } });
  worker.call(1, "tool", { name: "look", args: {}, call_id: "c" }, { session: "s1" });
  const [{ call, error, value }] = await worker.firstPieces(1);
  assert.deepEqual([call, typeof error, value], [1, "string", undefined]);
});

test("a decision that fails when it is read rejects the call", async () => {
  const { worker, runtime } = await startRuntime();
  const chat = runtime.chat({ yaml: "y", messages: [] }, () => ({ get decision() { return fails(); } }));
  await worker.command("chat");
  worker.events("s1", { ...CONFIRMATION, turn: "t1", seq: 1 });
  const { params } = await worker.command("confirm");
  assert.deepEqual([params.id, params.decision], ["c1", "reject"]);
  worker.reply(await worker.command("chat"), { message: { role: "assistant", content: "" } });
  await chat;
});
