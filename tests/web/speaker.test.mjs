// What a screen reader is given of an answer: all of it, in announcements of bounded length.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Speaker } from "../../web/app/frame/speaker.js";

/** A live region with the announcements that are in it, and all that have been. */
class Region {
  all = [];
  now = new Set();

  append(said) {
    this.all.push(said.text);
    this.now.add(said);
    said.remove = () => this.now.delete(said);
  }
}

/** @param {import("node:test").TestContext} context */
function speaker(context) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const createElement = () => ({
    text: "",
    append(...texts) {
      this.text += texts.join("");
    },
  });
  globalThis.document = { createElement };
  context.after(() => delete globalThis.document);
  const region = new Region();
  const speaker = new Speaker(region);
  return { region, push: (...events) => events.forEach((event) => speaker.push(event)), timers: context.mock.timers };
}

test("a long answer is announced bit by bit, and each announcement is removed", (context) => {
  const { region, push, timers } = speaker(context);
  const text = Array.from({ length: 4_000 }, (_, at) => `Sentence number ${at} ends here. `).join("");
  push({ type: "start" }, { type: "delta", content: text }, { type: "finish" });
  let largest = 0;
  for (let time = 0; time < 60_000; time += 100) {
    timers.tick(100);
    largest = Math.max(largest, region.now.size);
  }
  assert.equal(region.all.join(" "), text.trim());
  assert.ok(region.all.every((said) => said.length <= 20_000 && said.endsWith(".")));
  assert.ok(region.all.length > 5 && largest < 15, `${largest} announcements at once`);
  assert.equal(region.now.size, 0);
});

test("code that ends with its step is not taken for the beginning of the next one", (context) => {
  const { region, push, timers } = speaker(context);
  push({ type: "start" }, { type: "delta", content: `One.\n\n\`\`\`js\n${"x = 1\n".repeat(5_000)}` }, { type: "step" });
  timers.tick(60_000);
  push({ type: "delta", content: "Two. " }, { type: "finish" });
  timers.tick(60_000);
  assert.deepEqual(region.all, ["One. Code: js.", "Two."]);
});

test("what is discarded is not announced", (context) => {
  const { region, push, timers } = speaker(context);
  push({ type: "start" }, { type: "delta", content: "Void. ".repeat(10_000) });
  timers.tick(800);
  push({ type: "discard" }, { type: "delta", content: "Kept. " }, { type: "finish" });
  timers.tick(60_000);
  assert.equal(region.all.at(-1), "Kept.");
  assert.ok(region.all.length <= 2);
});
