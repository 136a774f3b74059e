// The text of an answer while it streams: read from any point, at a cost that does not grow.

import assert from "node:assert/strict";
import test from "node:test";
import { createTranscript } from "../../web/fold.js";
import { StreamedText } from "../../web/streamed-text.js";
import { HELLO, START } from "./fake_worker.mjs";

test("long texts are read from any index, and past their end", () => {
  const text = new StreamedText();
  let all = "";
  for (let index = 0; index < 9000; index++) {
    const piece = index % 1000 ? `${index}é` : "x".repeat(index);
    text.append(piece);
    all += piece;
  }
  assert.equal(String(text), all);
  assert.equal(text.length, all.length);
  for (let start = 0; start <= all.length + 5000; start += 997) assert.equal(text.from(start), all.slice(start));
  for (let start = all.length - 5; start < all.length + 5; start++) assert.equal(text.from(start), all.slice(start));
});

test("the cost of a delta, and of showing it, does not grow with the text before it", () => {
  const time = (count) => {
    const transcript = createTranscript();
    transcript.push({ ...START, turn: "t", seq: 1 });
    const delta = { ...HELLO, turn: "t", seq: 2, content: "some words " };
    const began = process.cpuUsage(); // what the machine does meanwhile does not count
    const shown = { text: 0, reasoning: 0 };
    for (let index = 0; index < count; index++) {
      transcript.push(delta);
      if (index % 16 === 0) shown.text += transcript.added(shown).text.length;
    }
    const took = process.cpuUsage(began).user / 1000;
    assert.equal(transcript.snapshot().text.length, count * 11);
    return took;
  };
  time(20_000); // warms up
  const [few, many] = [time(20_000), time(400_000)];
  // 20 times as many deltas: linear is about 20, quadratic 400.
  assert.ok(many < Math.max(few, 1) * 120, `${few} ms for 20 000 deltas, ${many} ms for 400 000`);
});
