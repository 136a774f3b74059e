import { make } from "../dom.js";
import { copyButton } from "./copy.js";

/**
 * A table in a box that scrolls, with a button that copies it for a spreadsheet.
 * @param {HTMLTableElement} table
 */
export function tableBox(table) {
  const box = make("div", { class: "scroll" }, table);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Table");
  return make(
    "figure",
    { class: "table" },
    copyButton("Copy table", () => tabSeparated(table)),
    box,
  );
}

/**
 * The columns of a long table keep their widths: a browser would else lay out all rows again for each one that is added.
 * @param {HTMLTableElement} table
 */
export function fixColumns(table) {
  const cells = [...(table.tHead?.rows[0]?.cells ?? [])];
  const widths = cells.map(({ offsetWidth }) => offsetWidth);
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total === 0) return; // it is not laid out
  cells.forEach((cell, at) => (cell.style.width = `${(100 * (widths[at] ?? 0)) / total}%`));
  table.classList.add("fixed");
}

/** @param {HTMLTableElement} table */
function tabSeparated(table) {
  const rows = [...table.rows].map((row) =>
    [...row.cells].map(({ textContent }) => (textContent ?? "").replace(/\s+/g, " ").trim()),
  );
  return rows.map((cells) => cells.join("\t")).join("\n");
}
