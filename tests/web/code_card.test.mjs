// What the card of a run makes of the text of its result: tables, texts between them, and the lines that an error names.

import assert from "node:assert/strict";
import { test } from "node:test";
import { linesIn, partsOf } from "../../web/app/code/result-parts.js";

test("tables are told from the texts around them", () => {
  const table = "| a | b |\n|---|:-:|\n| 1 | 2 |";
  const rows = [
    ["a", "b"],
    ["1", "2"],
  ];
  assert.deepEqual(partsOf(`Output:\n${table}\n\nmore\n`), [{ text: "Output:" }, { table: rows }, { text: "more" }]);
  assert.deepEqual(partsOf(`${table}\n\n${table}`), [{ table: rows }, { table: rows }]);
  assert.deepEqual(partsOf("| a |\n|---|"), [{ table: [["a"]] }]);
});

test("a bar or a backslash in a cell is escaped", () => {
  const text = "| a \\| b | \\\\ | <b>\\*</b> |\n|---|---|---|\n|  | x\\\\|| |";
  assert.deepEqual(partsOf(text), [
    {
      table: [
        ["a | b", "\\", "<b>*</b>"],
        ["", "x\\", "", ""],
      ],
    },
  ]);
});

test("what only looks like a table stays a text", () => {
  for (const text of ["| a |\n| b |", "a | b\n|---|", "|---|", "| a |", "    | a |\n    |---|", ""]) {
    assert.deepEqual(partsOf(text), text.trim() ? [{ text }] : []);
  }
});

test("a hostile text takes no longer than its length", () => {
  for (const text of [
    "|-".repeat(50_000),
    `${"| ".repeat(50_000)}\n${"|-".repeat(50_000)}`,
    "| a |\n".repeat(30_000),
    `|${"\\".repeat(99_999)}|\n|-|`,
    `|${" ".repeat(99_999)}|\n|${" ".repeat(99_999)}`,
  ]) {
    const began = process.cpuUsage().user;
    partsOf(text);
    assert.ok(process.cpuUsage().user - began < 1e6, text.slice(0, 20));
  }
});

test("the lines that an error names", () => {
  const text = 'File "code.py", line 3, in f\nFile "code.py", line 12\nError: offline 4 in line 99, line 0, line 12';
  assert.deepEqual([...linesIn(text, 20)], [3, 12]);
  assert.deepEqual([...linesIn("no line of it", 20)], []);
});
