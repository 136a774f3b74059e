// Numbers that a user writes are sent as they are, or not at all.

import assert from "node:assert/strict";
import test from "node:test";
import { isExact } from "../../web/app/exact.js";

test("numbers that are sent as they were written, and others", () => {
  for (const literal of ["0", "-0", "0.0e5", "1", "-1.50", "1e3", "1E+3", "0.1", "9007199254740992", "1e22", "1.5e300", "100000000000000000000000", "5e-324"]) {
    assert.ok(isExact(literal), literal);
  }
  for (const literal of ["9007199254740993", "12345678901234567890", "0.1000000000000000055", "1e400", "-1e400", "1e-400", "1.00000000000000000001"]) {
    assert.ok(!isExact(literal), literal);
  }
});
