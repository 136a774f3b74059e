// Prompts with files: what the worker gets of them, and that limits hold before a byte is read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { withData } from "../../web/client/media.js";
import { readPrompt } from "../../web/client/prompt.js";
import { createRuntime, promptLimits, SparewheelError } from "../../web/sparewheel.js";
import { FakeWorker, FINISH, RESULT, START, turn } from "./fake_worker.mjs";

const text = { type: "text", text: "See" };
const file = (source) => ({ type: "file", file: source });
const AB = new Uint8Array([65, 66]);

test("bytes of every kind become base64, and everything else stays as it is", async () => {
  const named = new File(["AB"], "a.txt", { type: "text/plain" });
  const sources = [
    named,
    new Blob(["AB"]),
    AB.buffer,
    new Uint8Array([0, 65, 66, 0]).subarray(1, 3),
    new DataView(AB.buffer),
  ];
  assert.deepEqual(
    (await readPrompt(sources.map(file))).map(({ file }) => file),
    [
      { name: "a.txt", mime_type: "text/plain", data: "QUI=" },
      { name: "", mime_type: "", data: "QUI=" },
      ...Array(3).fill({ data: "QUI=" }),
    ],
  );
  const shapes = [
    file({ name: "b.png", blob: new Blob(["AB"], { type: "image/png" }) }),
    file({ name: "c", mime_type: "text/csv", data: AB }),
    file({ name: "d", data: "QUI=" }),
    file({ text: "x" }),
    file(null),
    text,
    7,
  ];
  assert.deepEqual(await readPrompt(shapes), [
    file({ name: "b.png", mime_type: "image/png", data: "QUI=" }),
    file({ name: "c", mime_type: "text/csv", data: "QUI=" }),
    ...shapes.slice(2),
  ]);
  assert.equal(await readPrompt("hi"), "hi");
});

test("messages of a history may have blobs in their files", async () => {
  const [message, other] = await withData([{ role: "user", content: [text, file({ blob: new Blob(["AB"]) })] }, 7]);
  assert.deepEqual(message, { role: "user", content: [text, file({ data: "QUI=" })] });
  assert.equal(other, 7);
});

test("what is too much is refused before a byte of it is read", async () => {
  const unread = (size) =>
    Object.defineProperties(new Blob([]), { size: { value: size }, arrayBuffer: { value: assert.fail } });
  const refused = (prompt, message) =>
    assert.rejects(
      readPrompt(prompt),
      (error) => error instanceof SparewheelError && error.kind === "config" && message.test(error.message),
    );
  await refused(Array(promptLimits.parts + 1).fill(text), /33 parts exceed the limit of 32/);
  await refused(
    [file(unread(promptLimits.bytes)), file(unread(1024 * 1024))],
    /files of 9\.0 MB exceed the limit of 8 MB/,
  );
  await refused([file({ blob: unread(9e9) })], /exceed the limit/);
  await refused([file({ data: "A".repeat(12 * 1024 * 1024) })], /exceed the limit/);
});

test("the limits are those of the runtime", () => {
  const source = readFileSync(new URL("../../runtime/sparewheel/files.py", import.meta.url), "utf8");
  const value = (name) =>
    new RegExp(`^${name}: Final = ([\\d *]+)`, "m")
      .exec(source)[1]
      .split("*")
      .reduce((product, each) => product * Number(each), 1);
  assert.deepEqual(
    { ...promptLimits },
    { parts: value("MAX_PARTS"), bytes: value("MAX_BYTES"), text: value("MAX_TEXT") },
  );
});

test("send and stream pass parts on", async () => {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false });
  await Promise.resolve();
  worker.ready();
  const creating = (await starting).createSession({ yaml: "y" });
  worker.reply(await worker.command("create_session"), { agent: "root", models: ["demo/hello"] });
  const session = await creating;
  const prompt = [text, file(new File(["AB"], "a.txt"))];
  const sent = [text, file({ name: "a.txt", mime_type: "", data: "QUI=" })];

  const sending = session.send(prompt);
  const first = await worker.command("send");
  assert.deepEqual(first.params.prompt, sent);
  worker.events("s1", ...turn("t1", START, FINISH));
  worker.reply(first, RESULT);
  await sending;

  const streaming = Array.fromAsync
    ? Array.fromAsync(session.stream(prompt))
    : (async () => {
        for await (const _ of session.stream(prompt));
      })();
  const second = await worker.command("send", 1);
  assert.deepEqual(second.params.prompt, sent);
  worker.events("s1", ...turn("t2", START, FINISH));
  worker.reply(second, RESULT);
  await streaming;
});
