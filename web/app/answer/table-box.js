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

/** @param {HTMLTableElement} table */
function tabSeparated(table) {
  const rows = [...table.rows].map((row) =>
    [...row.cells].map(({ textContent }) => (textContent ?? "").replace(/\s+/g, " ").trim()),
  );
  return rows.map((cells) => cells.join("\t")).join("\n");
}
