import { codeBox } from "../code-box.js";
import { make } from "../dom.js";
import { GrowingText } from "../growing-text.js";
import { visible } from "../visible.js";
import { partsOf } from "./result-parts.js";

const MAX_ROWS = 200;
const MAX_COLUMNS = 50;
const MAX_CHARS = 20_000; // that are shown of a text

/**
 * A text whose tables are shown as such. Everything in it is text.
 * @param {string} label
 * @param {string} text
 * @param {typeof import("../answer/engine.js")} engine
 * @returns {HTMLElement[]}
 */
export function textParts(label, text, { tableBox }) {
  const left = text.length - MAX_CHARS;
  const shown = left > 0 ? `${text.slice(0, MAX_CHARS)}\n… ${left} more characters` : text;
  return partsOf(shown).map((part) => {
    if ("text" in part) return codeBox(label, visible(part.text));
    return make("div", { class: "answer" }, tableBox(tableOf(part.table)));
  });
}

/** @param {string[][]} rows */
function tableOf([names = [], ...rows]) {
  const table = make("table");
  const shown = names.slice(0, MAX_COLUMNS);
  const cells = (/** @type {"th" | "td"} */ tag, /** @type {string[]} */ row) =>
    shown.map((_, at) => make(tag, { text: visible(row[at] ?? "") }));
  table.createTHead().append(make("tr", {}, ...cells("th", names)));
  table.createTBody().append(...rows.slice(0, MAX_ROWS).map((row) => make("tr", {}, ...cells("td", row))));
  const left = [];
  if (rows.length > MAX_ROWS) left.push(`${rows.length - MAX_ROWS} more rows`);
  if (names.length > MAX_COLUMNS) left.push(`${names.length - MAX_COLUMNS} more columns`);
  if (left.length > 0) table.createCaption().textContent = `and ${left.join(", ")}`;
  return table;
}

/** @param {string} title */
export function section(title) {
  return make("div", {}, make("h4", { text: title }));
}

/**
 * What is printed, as it comes.
 * @param {HTMLElement} place
 */
export function outputBox(place) {
  const box = make("pre");
  box.tabIndex = 0;
  box.ariaLabel = "Output";
  place.append(box);
  return new GrowingText(box);
}

/**
 * @param {string} text
 * @param {() => void} act
 */
export function button(text, act) {
  const made = make("button", { text });
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
