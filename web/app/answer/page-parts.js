import { make } from "../dom.js";
import { clean } from "./clean.js";
import { CodeBlock, codeBlocks } from "./code-block.js";
import { markLinks } from "./links.js";
import { showMath } from "./math-view.js";
import { fixColumns, tableBox } from "./table-box.js";

/** @typedef {import("./parts.js").Place} Place */

// Rows and items are none outside of a table or a list.
const AROUND = { root: ["", ""], items: ["<ul>", "</ul>"], rows: ["<table><tbody>", "</tbody></table>"] };

const LONG_TABLE = 60; // rows

/** The parts of an answer as elements of the page: a `Sink` of stream.js. */
export class PageParts {
  #root;
  /** @type {HTMLElement | null} The open list, or the body of the open table. */
  #open = null;
  /** @type {CodeBlock | null} */
  #code = null;
  /** @type {ChildNode[]} */
  #tail = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  /** @param {"ul" | "ol"} tag @param {string | null} start */
  openList(tag, start) {
    const list = make(tag);
    list.dir = "auto";
    if (start && list instanceof HTMLOListElement) list.start = Number(start);
    this.#root.append(list);
    this.#open = list;
  }

  /** @param {string} html */
  openTable(html) {
    const table = clean(html).querySelector("table") ?? make("table");
    markLinks(table);
    showMath(table);
    this.#root.append(tableBox(table));
    this.#open = table.tBodies[0] ?? table.createTBody();
  }

  /** @param {string} languageClass */
  openCode(languageClass) {
    this.#code = new CodeBlock(languageClass);
    this.#root.append(this.#code.element);
  }

  /** @param {string} text */
  code(text) {
    this.#code?.append(text);
  }

  close() {
    this.#code?.highlight();
    this.#code = null;
    this.#open = null;
  }

  /** @param {string} html @param {Place} place */
  add(html, place) {
    const nodes = elements(html, place, true);
    const target = place === "root" ? this.#root : this.#open;
    target?.append(...nodes);
    if (place === "rows") this.#fixLong();
    return { nodes, place };
  }

  #fixLong() {
    const table = this.#open?.closest("table");
    if (table && !table.classList.contains("fixed") && table.rows.length > LONG_TABLE) fixColumns(table);
  }

  /** @param {{nodes: ChildNode[], place: Place}} part @param {string} html */
  replace(part, html) {
    const nodes = elements(html, part.place, true);
    part.nodes[0]?.before(...nodes);
    for (const node of part.nodes) node.remove();
    part.nodes = nodes;
  }

  /** @param {string} inner @param {string} after */
  tail(inner, after) {
    for (const node of this.#tail) node.remove();
    const place = this.#open instanceof HTMLTableSectionElement ? "rows" : "items";
    const first = inner && this.#open ? elements(inner, place, false) : [];
    const second = after ? elements(after, "root", false) : [];
    this.#open?.append(...first);
    this.#root.append(...second);
    this.#tail = [...first, ...second];
  }
}

/**
 * @param {string} html
 * @param {Place} place
 * @param {boolean} isFinished Then it is worth the time to colour its code.
 * @returns {ChildNode[]}
 */
function elements(html, place, isFinished) {
  const [before, after] = AROUND[place];
  const fragment = clean(`${before}${html}${after}`);
  markLinks(fragment);
  codeBlocks(fragment, isFinished);
  showMath(fragment);
  for (const table of place === "rows" ? [] : fragment.querySelectorAll("table")) {
    const mark = document.createComment("");
    table.replaceWith(mark);
    mark.replaceWith(tableBox(table));
  }
  const parent = place === "root" ? fragment : fragment.querySelector(place === "items" ? "ul" : "tbody");
  return [...(parent?.childNodes ?? [])].filter((node) => node instanceof Element || node.textContent?.trim());
}
