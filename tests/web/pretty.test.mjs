// How a tool call is written for people.

import assert from "node:assert/strict";
import test from "node:test";
import { inOneLine, pretty, shortened } from "../../web/app/pretty.js";
import { namesHost } from "../../web/app/host-names.js";
import { label, oddCharacters, visible } from "../../web/app/visible.js";

test("JSON is indented, anything else is left as it is", () => {
  assert.equal(pretty('{"a":[1]}'), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(pretty('{"a":'), '{"a":');
  assert.equal(pretty("found it"), "found it");
});

test("arguments in one line", () => {
  assert.equal(inOneLine('{"city": "Ghent", "days": 3, "near": {"x": null}}'), 'city: "Ghent", days: 3, near: {"x":null}');
  assert.equal(inOneLine("{}"), "");
  assert.equal(inOneLine("[1]"), "[1]");
  assert.equal(inOneLine('{"broken\n  '), '{"broken');
  assert.equal(inOneLine(`{"a": "${"x".repeat(500)}"}`).length, 121);
});

test("megabytes of arguments cost next to nothing", () => {
  const args = `{"a": "${"x".repeat(5_000_000)}"}`;
  assert.equal(inOneLine(args).length, 121);
  assert.equal(shortened(args), `${args.slice(0, 20_000)}\n… ${args.length - 20_000} more characters`);
  assert.equal(shortened("short"), "short");
});

test("numbers, doubled keys and empty values stay as they are written", () => {
  assert.equal(
    pretty('{"a":1e400,"b":12345678901234567890,"b":0.10000000000000000555,"c":[],"d":{},"e":[{}],"f":-0.0}'),
    '{\n  "a": 1e400,\n  "b": 12345678901234567890,\n  "b": 0.10000000000000000555,\n  "c": [],\n  "d": {},\n  "e": [\n    {}\n  ],\n  "f": -0.0\n}',
  );
  assert.equal(
    inOneLine('{"n": 12345678901234567890, "x": [1e400, {"y": 1.50}]}'),
    'n: 12345678901234567890, x: [1e400,{"y":1.50}]',
  );
  assert.equal(pretty('"\\u0041\\/\\\\u200b"'), String.raw`"A/\\u200b"`);
});

test("deep JSON is indented up to a limit", () => {
  const text = `${"[".repeat(3000)}${"]".repeat(3000)}`;
  assert.ok(pretty(text).length < 6000 * 90);
});

for (const [what, text, shown] of [
  ["zero width", "a\u200bb\u2060\ufeff", "a\\u200bb\\u2060\\ufeff"],
  ["directions", "\u202egpj.exe\u2066x\u2069\u061c", "\\u202egpj.exe\\u2066x\\u2069\\u061c"],
  ["controls", "\u0000\u001b[2K\r\t\u007f\u0085", "\\u0000\\u001b[2K\\u000d\\u0009\\u007f\\u0085"],
  ["tags", "x\u{e0041}\u{e007f}", "x\\udb40\\udc41\\udb40\\udc7f"],
  ["selectors", "a\ufe0f\ufe00\u{e0100}\u180b", "a\\ufe0f\\ufe00\\udb40\\udd00\\u180b"],
  ["blanks", "a\u00a0\u2003\u3000\u2800\u3164\u115f\uffa0\u2028", "a\\u00a0\\u2003\\u3000\\u2800\\u3164\\u115f\\uffa0\\u2028"],
  ["unassigned and private", "\u0378\ue000\u{10ffff}\ud800", "\\u0378\\ue000\\udbff\\udfff\\ud800"],
  ["emoji", "❤️ 👩‍💻 👍🏽", "❤️ 👩‍💻 👍🏽"],
  ["misused selectors", "❤️\ufe0f\u200d x\u200d💻", "❤️\\ufe0f\\u200d x\\u200d💻"],
  [
    "lookalikes",
    "https://p\u0430ypal.com \u0430\u0440\u0440\u04cf\u0435.com ｅvil \u{1d41a}b",
    "https://p\\u0430ypal.com \\u0430\\u0440\\u0440\\u04cf\\u0435.com \\uff45vil \\ud835\\udc1ab",
  ],
  ["other languages", "файл.txt Αθήνα 東京 مرحبا שלום naïve Łódź", "файл.txt Αθήνα 東京 مرحبا שלום naïve Łódź"],
]) {
  test(`what cannot be seen is shown: ${what}`, () => {
    assert.equal(visible(text), shown);
    assert.deepEqual(oddCharacters(text).length > 0, text !== shown);
    assert.equal(JSON.parse(pretty(JSON.stringify({ v: text }))).v, text);
  });
}

test("the characters are named, also those that are escaped in JSON", () => {
  assert.deepEqual(oddCharacters(String.raw`{"a": "\u200b\udb40\udc41", "b": "\\u202e"}`), ["U+200B", "U+E0041"]);
  assert.deepEqual(oddCharacters("a\u200b".repeat(5) + "p\u0430y"), ["U+200B", "U+0430"]);
  assert.equal(oddCharacters([...Array(20).keys()].map((n) => String.fromCharCode(0xe000 + n)).join("")).at(-1), "12 more");
});

test("escapes in one line and in names of arguments", () => {
  assert.equal(inOneLine('{"a\u202e": "x\u200b"}'), 'a\\u202e: "x\\u200b"');
  assert.equal(inOneLine("rm\u200b -rf"), "rm\\u200b -rf");
});

test("a name is one line of bounded length", () => {
  assert.equal(label(" gpt\n5 "), "gpt 5");
  assert.equal(label("a\u202eb"), "a\\u202eb");
  assert.equal(label(`${"a".repeat(50_000)}z`), `${"a".repeat(66)}…${"a".repeat(32)}z`);
  assert.ok(label("\u202e".repeat(50_000)).length <= 600);
});

test("time for hostile texts rises with their length only", () => {
  const many = 250_000;
  const texts = ["a", "a.", "a-_", "[", "\u202e", "\u0430", "\u0430 a", "\u200d", "😀\ufe0f", "a\u0301", "\\", '"', "@a"];
  for (const unit of texts) {
    const text = unit.repeat(many / unit.length);
    const began = performance.now();
    label(text);
    shortened(text);
    shortened(JSON.stringify({ text, [text]: [text] }));
    inOneLine(JSON.stringify({ [text]: text }));
    assert.equal(namesHost(text, "evil.test"), false);
    assert.ok(performance.now() - began < 2000, `${JSON.stringify(unit)} took ${performance.now() - began} ms`); // seconds if quadratic
  }
});

test("a text names a host only if it names no other one", () => {
  for (const text of ["docs.test", "https://docs.test/a", "see docs.test.", "(docs.test)", "at ...docs.test"]) {
    assert.ok(namesHost(text, "docs.test"), text);
  }
  for (const text of [
    "docs",
    "docs.test.evil.test",
    "docs.test, bank.test",
    "docs\u3002test",
    "",
    "docs..test",
    "d\u043ecs.test",
  ]) {
    assert.ok(!namesHost(text, "docs.test"), text);
  }
});
