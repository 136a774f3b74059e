// An answer that comes all at once is finished bit by bit: a slice has about as many characters, whatever the answer is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Stream } from "../../web/app/answer/stream.js";

const NOTHING = {
  openList() {},
  openTable() {},
  add: () => ({}),
  replace() {},
  openCode() {},
  code() {},
  close() {},
  tail() {},
};
const LARGE = {
  text: "Some words of a paragraph, and more.\n\n".repeat(5_000),
  "a list": "- an item with **words**\n".repeat(2_000),
  "a table": `| a | b |\n|--|--|\n${"| 1 | some words |\n".repeat(1_000)}`,
  "a paragraph in one line": "lorem ipsum dolor ".repeat(14_000),
  "a paragraph in lines": "some words in a line\n".repeat(6_000),
  "5,000 links": "[a](https://x.test/a) ".repeat(5_000),
  code: `\`\`\`js\n${"let x = 1;\n".repeat(20_000)}\`\`\`\n`,
  "items of many lines": `- ${"some words in a line\n  ".repeat(400)}\n`.repeat(20),
};
const MOST = 12_000; // characters: of an item of a list

for (const [name, text] of Object.entries(LARGE)) {
  test(`${name}: a step finishes some characters of it, and all steps finish all of it`, () => {
    const stream = new Stream(NOTHING);
    stream.push(text);
    stream.end();
    let before = 0;
    let largest = 0;
    for (let more = true; more;) {
      more = stream.step();
      largest = Math.max(largest, stream.finished - before);
      before = stream.finished;
    }
    assert.ok(largest <= MOST, `${largest} characters in one step`);
    assert.ok(Math.abs(stream.finished - text.length) <= text.length / 1_000);
  });
}
