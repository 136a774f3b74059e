// What the driver's script in a page sends: events in their order, media as base64.

import assert from "node:assert/strict";
import test from "node:test";
import { settle } from "./started.mjs";

const BLOB = new Blob([Uint8Array.from({ length: 40_000 }, (_, index) => index % 256)], { type: "image/png" });
const DATA = Buffer.from(await BLOB.arrayBuffer()).toString("base64");
const media = () => ({ mime_type: "image/png", size: 40_000, blob: BLOB });

test("media leave as base64, and nothing overtakes them", async () => {
  const pushed = [];
  let onEvent = () => {};
  const events = [
    { type: "start" },
    { type: "media", attempt: 1, index: 0, ...media() },
    { type: "delta", content: "Done." },
    { type: "finish", message: { role: "assistant", content: "Done.", media: [media()] } },
  ];
  const session = {
    async send() {
      for (const event of events) {
        onEvent(event);
        await settle();
      }
      return { message: { role: "assistant", content: "Done.", media: [media()] } };
    },
  };
  globalThis.BroadcastChannel = undefined; // an open one keeps the process of the test alive
  globalThis.sparewheelPush = (text) => pushed.push(...JSON.parse(text));
  globalThis.createRuntime = async () => ({
    async createSession(_, listener) {
      onEvent = listener;
      return session;
    },
  });
  await import("../../runtime/sparewheel/headless/page_host.js");
  globalThis.sparewheelHost.boot();
  while (!pushed.some(({ type }) => type === "ready")) await settle();
  globalThis.sparewheelHost.dispatch(JSON.stringify([{ id: 1, method: "create_session", params: { session: "s1" } }]));
  await settle();
  globalThis.sparewheelHost.dispatch(JSON.stringify([{ id: 2, method: "send", params: { session: "s1", prompt: "x" } }]));
  while (!pushed.some(({ id }) => id === 2)) await settle();
  const told = pushed.filter(({ type }) => type === "events").flatMap((message) => message.events);
  assert.deepEqual(told.map(({ type }) => type), ["start", "media", "delta", "finish"]);
  const shape = { mime_type: "image/png", size: 40_000, data: DATA };
  assert.deepEqual(told[1], { type: "media", attempt: 1, index: 0, ...shape });
  assert.deepEqual(told[3].message.media, [shape]);
  assert.deepEqual(pushed.at(-1).result.message.media, [shape]);
  assert.equal(pushed.at(-1).id, 2, "the reply is the last message");
});
