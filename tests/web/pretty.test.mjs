// How a tool call is written for people.

import assert from "node:assert/strict";
import test from "node:test";
import { inOneLine, pretty, shortened } from "../../web/app/pretty.js";

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
