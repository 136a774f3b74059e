// Answers as Markdown, part by part, without a page: the same in whatever pieces they come, and in bounded steps.

import assert from "node:assert/strict";
import { test } from "node:test";

import { md } from "../../web/app/answer/markdown.js";
import { Stream } from "../../web/app/answer/stream.js";

/** Parts as HTML, and how many characters of HTML have been made. */
class Html {
  parts = [];
  open = null;
  tails = ["", ""];
  made = 0;
  largest = 0;

  openList(tag, start) {
    this.#begin(`<${tag}${start ? ` start="${start}"` : ""} dir="auto">\n`, `</${tag}>\n`);
  }

  openTable(html) {
    const [before, after] = [html.slice(0, -"</table>\n".length), "</table>\n"];
    this.#begin(before, after, ["<tbody>\n", "</tbody>\n"]);
  }

  openCode(languageClass) {
    this.#begin(`<pre><code class="${languageClass}">`, "</code></pre>\n");
  }

  code(text) {
    this.open.parts.push({ html: md.utils.escapeHtml(text) });
  }

  close() {
    this.open = null;
  }

  add(html, place) {
    const part = { html };
    (place === "root" ? this.parts : this.open.parts).push(part);
    this.#count(html);
    return part;
  }

  replace(part, html) {
    part.html = html;
    this.#count(html);
  }

  tail(inner, after) {
    this.tails = [inner, after];
    this.#count(inner + after);
  }

  get html() {
    const text = (parts) => parts.map((part) => part.html ?? whole(part)).join("");
    const whole = ({ before, after, parts, around: [start, end] }) =>
      before + (parts.length > 0 ? start + text(parts) + end : "") + after;
    return text(this.parts) + this.tails.join("");
  }

  #begin(before, after, around = ["", ""]) {
    this.open = { before, after, around, parts: [] };
    this.parts.push(this.open);
  }

  #count(html) {
    this.made += html.length;
    this.largest = Math.max(this.largest, html.length);
  }
}

/** @param {string[]} pieces */
function stream(pieces) {
  const html = new Html();
  const answer = new Stream(html);
  for (const piece of pieces) {
    answer.push(piece);
    while (answer.step());
    answer.tail();
  }
  answer.end();
  while (answer.step());
  answer.tail();
  return html;
}

const render = (/** @type {string} */ text) => stream([text]).html;

/** @param {string} text @param {() => number} size */
function pieces(text, size) {
  const found = [];
  for (let at = 0; at < text.length;) found.push(text.slice(at, (at += size())));
  return found;
}

/** Numbers from 0 to below 1, the same in every run. */
function numbers(seed) {
  return () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
}

const BITS = [
  ..."a,b c,- ,* ,1. ,2) ,# ,> ,```,~~~,```js\n,\n,\n,\n,\n\n,    ,  ,\t,| a | b |\n,|---|---|\n,| x |,---,===".split(","),
  ..."$$,$x$,\\[,\\],\\(z\\),[a]: https://a.test\n,[a],[^1],[^1]: note,*,_,**,`,<b>,![i](https://x.test/y)".split(","),
  ...'[l](https://x.test),https://x.test/q,\r\n,\r,- [x] ,$5,\u{1F600},title\'\n,"t",&amp;,\\'.split(","),
];

test("an answer is the same in whatever pieces it comes, and the same as Markdown rendered at once", () => {
  const next = numbers(13);
  for (let count = 0; count < 200; count++) {
    let text = "";
    for (let length = 1 + next() * 30; length > 0; length--) text += BITS[Math.floor(next() * BITS.length)];
    const streamed = stream(pieces(text, () => 1 + Math.floor(next() * 6))).html;
    assert.equal(streamed, render(text), JSON.stringify(text));
    if (text.includes("```") || text.includes("~~~")) continue; // a block of code at the end may keep a last blank line
    const plain = (html) =>
      html
        .replace(/ title="[^"]*"/g, "")
        .replace(/\s+/g, " ")
        .trim();
    assert.equal(plain(streamed), plain(md.render(text)), JSON.stringify(text));
  }
});

const LARGE = {
  "a paragraph in one line": "lorem ipsum dolor ".repeat(14_000),
  "a word": "x".repeat(250_000),
  "a paragraph in lines": "some words in a line\n".repeat(6_000),
  "5,000 links": "[a](https://x.test/a) ".repeat(5_000),
  "runs of *a_": "*a_".repeat(20_000),
  "nested quotes": `${"> ".repeat(3_000)}x\n`,
  brackets: "[".repeat(60_000),
  notes: `${"[^".repeat(20_000)}\n\n[^1]: x\n`,
  dollars: "$a".repeat(30_000),
  "a list of 2,000 items": "- item **bold** `c`\n".repeat(2_000),
  "an item with 2,000 items": `1. top\n${"   - sub item\n".repeat(2_000)}`,
  "a table of 1,000 rows": `| a | b |\n|--|--|\n${"| 1 | **2** |\n".repeat(1_000)}`,
  "5,000 definitions":
    Array.from({ length: 5_000 }, (_, at) => `[l${at}] `).join("") +
    "\n\n" +
    Array.from({ length: 5_000 }, (_, at) => `[l${at}]: https://x.test/${at}\n`).join(""),
  code: `\`\`\`js\n${"let x = 1;\n".repeat(20_000)}`,
};

for (const [name, text] of Object.entries(LARGE)) {
  test(`${name}: no step grows with the answer`, () => {
    const size = Math.ceil(text.length / 300);
    const large = stream(pieces(text, () => size));
    assert.ok(large.largest < 80_000, `one part has ${large.largest} characters`);
    assert.equal(large.html, render(text));
  });
}

test("each item of a list and each row of a table is made once and a few times more", () => {
  for (const name of ["a list of 2,000 items", "a table of 1,000 rows", "code"]) {
    const text = LARGE[name];
    const { made, html } = stream(pieces(text, () => 40));
    assert.ok(made < 6 * html.length, `${name}: ${made} characters for ${html.length}`);
  }
});

test("long lines are cut where it is not seen", () => {
  const text = "one two three ".repeat(1_000);
  assert.equal(render(text).replace(/<[^>]+>|\n/g, ""), text.trimEnd());
});

test("prices are no math, and math is no text", () => {
  const math = (text) => [...render(text).matchAll(/<code class="math[^>]*>([^<]*)</g)].map(([, inside]) => inside);
  for (const text of [
    "$5 and $6",
    "from $5-$10, US$5 or US$6",
    "$20k\u2013$30k",
    "5$ or 6$",
    "$5 or 6$.",
    "it costs $5, 6$",
    "$HOME and $PATH",
    "$HOME/bin:$PATH",
    "\\$x\\$",
    "`$x$`",
    "$5 `code` 6$",
    "$ x $",
    "$$",
    "a $ b",
  ]) {
    assert.deepEqual(math(text), [], text);
  }
  assert.deepEqual(math("$3$ and"), ["3"]);
  assert.deepEqual(math("$x$, \\(y\\), $2x + 3$, $$z$$ and \\[w\\]"), ["x", "y", "2x + 3", "z", "w"]);
  assert.deepEqual(math("so\n$$\na\n- b\n$$\nand\n\\[\nc\n\\]\n"), ["a\n- b", "c"]);
  assert.deepEqual(math("$$\nnever closed\n\nx"), []);
});

test("what refers to a later definition is a link in the end", () => {
  const { html } = stream(["[a], [^1] and ![b]\n\nmore\n\n", "[a]: https://a.test\n[b]: https://b.test\n\n[^1]: x\n"]);
  assert.match(html, /<a href="https:\/\/a.test">a<\/a>, <sup class="note-ref">1<\/sup> and <a href="https:\/\/b.test">Picture/);
});

test("other addresses than those of the web and of mail are no links", () => {
  for (const target of [
    "javascript:x",
    "data:text/html,x",
    "//a.test",
    "/a",
    "#a",
    "a.html",
    "file:///a",
    "https:///",
    "https:/\\a",
  ]) {
    assert.doesNotMatch(render(`[a](<${target}>) <${target}>`), /<a /, target);
  }
});
