// Media of an answer: base64 from the worker, blobs for the page, base64 again in a history.

import assert from "node:assert/strict";
import test from "node:test";
import { createRuntime, fold } from "../../web/sparewheel.js";
import { ABORTED, FakeWorker, FINISH, RESULT, START, turn } from "./fake_worker.mjs";

const DATA = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, index) => index % 256)).toString("base64");
const SHAPE = { mime_type: "image/png", size: 70_000, data: DATA };
const MEDIA = { type: "media", attempt: 1, index: 0, ...SHAPE };
const LINK = { mime_type: "image/webp", size: null, url: "https://img.test/a.webp" };
const MESSAGE = { role: "assistant", content: "", media: [SHAPE, LINK] };

async function start(listener) {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false });
  await Promise.resolve();
  worker.ready();
  const runtime = await starting;
  const creating = runtime.createSession({ yaml: "y" }, listener);
  worker.reply(await worker.command("create_session"), { agent: "root", models: [] });
  return { worker, runtime, session: await creating };
}

async function play(last, result) {
  const events = [];
  const { worker, runtime, session } = await start((event) => events.push(event));
  const sending = session.send("hi");
  const command = await worker.command("send");
  worker.events("s1", ...turn("t1", START, MEDIA, { type: "media", attempt: 1, index: 1, ...LINK }, last));
  worker.reply(command, result);
  return { worker, runtime, events, result: await sending };
}

test("a page gets blobs, the same one in the event, in the message and in the result", async () => {
  const { events, result } = await play({ ...FINISH, message: MESSAGE }, { ...RESULT, message: MESSAGE });
  const { blob, data } = events[1];
  assert.equal(data, undefined);
  assert.equal(blob.type, "image/png");
  assert.equal(Buffer.from(await blob.arrayBuffer()).toString("base64"), DATA);
  const expected = [{ mime_type: "image/png", size: 70_000, blob }, LINK];
  for (const { media } of [events.at(-1).message, result.message, fold(events).message]) {
    assert.deepEqual(media, expected);
    assert.equal(media[0].blob, blob);
  }
  assert.deepEqual(fold(events).media, expected);
});

test("a turn that is stopped has its media as well", async () => {
  const { events } = await play({ ...ABORTED, message: MESSAGE }, RESULT);
  assert.equal(events.at(-1).message.media[0].blob, events[1].blob);
});

test("messages with blobs can be the conversation of a chat and of a session", async () => {
  const { worker, runtime, result } = await play({ ...FINISH, message: MESSAGE }, { ...RESULT, message: MESSAGE });
  const messages = [{ role: "user", content: "Draw." }, result.message, { role: "user", content: "Again." }];
  void runtime.chat({ yaml: "y", messages }).catch(() => {});
  void runtime.createSession({ yaml: "y", history: messages }).catch(() => {});
  const shape = { mime_type: "image/png", size: 70_000, data: DATA };
  for (const { params } of [await worker.command("chat"), await worker.command("create_session", 1)]) {
    assert.deepEqual((params.messages ?? params.history)[1].media, [shape, LINK]);
  }
  assert.ok(result.message.media[0].blob instanceof Blob, "the caller's message stays as it is");
});

test("a discarded attempt takes its media with it", () => {
  const told = turn("t1", START, MEDIA, { type: "discard", attempt: 1, chars: 0 });
  assert.deepEqual(fold(told).media, []);
  assert.equal(fold(told).message.media, undefined);
});
