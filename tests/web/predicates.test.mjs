// The predicates on events, for every type that the declarations name.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isError, isExhausted, isFallback, isTerminal } from "../../web/sparewheel.js";

const declarations = readFileSync(new URL("../../web/events.d.ts", import.meta.url), "utf8");
const types = [...declarations.matchAll(/^ {2}type: "(\w+)";$/gm)].map(([, type]) => type);

test("each predicate holds for its events and for no others", () => {
  assert.ok(types.length > 20, `${types}`);
  const holds = (predicate) => types.filter((type) => predicate({ type })).sort();
  assert.deepEqual(holds(isTerminal), ["aborted", "error", "finish"]);
  assert.deepEqual(holds(isError), ["error"]);
  assert.deepEqual(holds(isFallback), ["fallback"]);
  assert.deepEqual(holds(isExhausted), ["exhausted"]);
});
