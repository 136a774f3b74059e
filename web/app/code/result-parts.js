// The text of a result in parts: tables, and what is between them. No DOM here.

/** @typedef {{table: string[][]} | {text: string}} Part The first row of a table is its head. */

const ROW = /^ {0,3}\|.*\|\s*$/;
const RULE = /^ {0,3}\|(?:\s*:?-+:?\s*\|)+\s*$/;
/** A cell and the bar at its end; a backslash takes the meaning from what follows it. */
const CELL = /((?:\\.|[^\\|])*)\|/gy;
const LINE = /\bline (\d{1,6})\b/g;
const MAX_MARKED = 20;

/**
 * @param {string} text In which tables are written as Markdown.
 * @returns {Part[]}
 */
export function partsOf(text) {
  const lines = text.split("\n");
  /** @type {Part[]} */
  const parts = [];
  let from = 0;
  for (let at = 0; at + 1 < lines.length; at++) {
    if (!ROW.test(lines[at] ?? "") || !RULE.test(lines[at + 1] ?? "")) continue;
    let end = at + 2;
    while (end < lines.length && ROW.test(lines[end] ?? "")) end++;
    addText(parts, lines.slice(from, at));
    const rows = [lines[at] ?? "", ...lines.slice(at + 2, end)];
    parts.push({ table: rows.map(cellsOf) });
    from = end;
    at = end - 1;
  }
  addText(parts, lines.slice(from));
  return parts;
}

/**
 * @param {Part[]} parts
 * @param {string[]} lines
 */
function addText(parts, lines) {
  const text = lines.join("\n").replace(/^\n+/, "").trimEnd();
  if (text !== "") parts.push({ text });
}

/** @param {string} row */
function cellsOf(row) {
  const cells = [...row.trim().slice(1).matchAll(CELL)];
  return cells.map(([, cell = ""]) => cell.trim().replace(/\\(.)/g, "$1"));
}

/**
 * The lines of code that the text of an error names.
 * @param {string} text
 * @param {number} count The lines of the code.
 * @returns {Set<number>} From 1.
 */
export function linesIn(text, count) {
  const numbers = [...text.matchAll(LINE)].map(([, number]) => Number(number));
  return new Set(numbers.filter((number) => number >= 1 && number <= count).slice(-MAX_MARKED));
}
