// The reducer, held to rules with generated turns.

import assert from "node:assert/strict";
import test from "node:test";
import { createTranscript, fold } from "../../web/fold.js";
import { ABORTED, ERROR, fallback, FINISH, retry, START, turn } from "./fake_worker.mjs";

/** A small generator of numbers (mulberry32), so that a failure can be repeated from its seed. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A turn as a chain could run it, and the final message that it must fold to. */
function generate(seed) {
  const next = random(seed);
  const below = (limit) => Math.floor(next() * limit);
  const events = [{ ...START, model: "m/0" }];
  const kept = { content: "", reasoning: "" };
  const attempts = 1 + below(5);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const streamed = { content: "", reasoning: "" };
    for (let piece = below(8); piece > 0; piece--) {
      const field = below(3) ? "content" : "reasoning";
      const text = ["a", "é", "👍", "\n", "word "][below(5)];
      streamed[field] += text;
      events.push({ type: "delta", attempt, index: below(3), [field]: text });
    }
    const last = attempt === attempts;
    const chars = streamed.content.length + streamed.reasoning.length;
    if (last || below(2)) for (const field in kept) kept[field] += streamed[field];
    else if (chars) events.push({ type: "discard", attempt, chars });
    if (!last) events.push(below(2) ? retry(attempt + 1, "m/x") : fallback("m/x", "m/y", attempt + 1));
  }
  events.push([FINISH, ERROR, ABORTED][below(3)]);
  return { events: turn(`t${seed}`, ...events), kept, attempts };
}

test("the folded text equals the final message, for 2000 generated turns", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const { events, kept, attempts } = generate(seed);
    const folded = fold(events);
    assert.deepEqual(
      [folded.text, folded.reasoning, folded.attempts.length], [kept.content, kept.reasoning, attempts], `seed ${seed}`,
    );
    const { content, reasoning = "" } = folded.message;
    assert.deepEqual({ content, reasoning }, kept, `seed ${seed}`);
    assert.notEqual(folded.status, "running", `seed ${seed}`);
  }
});

test("folding one by one equals folding at once, at every point", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { events } = generate(seed);
    const transcript = createTranscript();
    events.forEach((event, index) => {
      transcript.push(event);
      assert.deepEqual(transcript.snapshot(), fold(events.slice(0, index + 1)), `seed ${seed}, event ${index}`);
    });
  }
});

test("what was added to shown text is the rest of the message, at every point", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const transcript = createTranscript();
    let shown = { text: "", reasoning: "" };
    generate(seed).events.forEach((event, index) => {
      transcript.push(event);
      if (event.type === "discard") shown = { text: "", reasoning: "" };
      if (index % 3 === 0) return; // events that come within a frame are shown at once
      const added = transcript.added({ text: shown.text.length, reasoning: shown.reasoning.length });
      shown = { text: shown.text + added.text, reasoning: shown.reasoning + added.reasoning };
      const { content, reasoning = "" } = transcript.message;
      assert.deepEqual(shown, { text: content, reasoning }, `seed ${seed}, event ${index}`);
    });
  }
});
