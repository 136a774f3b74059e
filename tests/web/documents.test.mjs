// Documents of a session: texts go to the worker as they are, bytes as `data:` URLs.

import assert from "node:assert/strict";
import test from "node:test";
import { documentTexts } from "../../web/client/documents.js";

test("bytes become data: URLs", () => {
  const bytes = new Uint8Array([0, 37, 80, 68, 70]).subarray(1);
  const url = "data:application/octet-stream;base64,JVBERg==";
  const texts = documentTexts({ "a.md": "A", "b.pdf": bytes, "c.pdf": bytes.slice().buffer, ["__proto__"]: bytes });
  assert.deepEqual(Object.entries(texts), [
    ["a.md", "A"],
    ["b.pdf", url],
    ["c.pdf", url],
    ["__proto__", url],
  ]);
});

test("anything else stays as it is, and is refused by the worker", () => {
  for (const value of [undefined, null, "text", 7]) assert.equal(documentTexts(value), value);
  assert.deepEqual(documentTexts({ a: 7, b: null }), { a: 7, b: null });
});
