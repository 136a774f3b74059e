// A list of models with one model a line: its lines, and the comments that go with each model.

import { isSeq } from "yaml";
import { isFlow, NotEditable, spanOf } from "./chain-place.js";
import { eolOf, lineAt, writtenText } from "./splice.js";

/**
 * @typedef {import("./chain-place.js").Chain} Chain
 * @typedef {import("./chain-place.js").Map} Map
 * @typedef {import("./chain-place.js").Pair} Pair
 * @typedef {import("./chain-place.js").Place} Place
 * @typedef {import("./chain-place.js").Setting} Setting
 */

/**
 * What stands behind a value on its line.
 * @param {string} text
 * @param {import("yaml").Node | null} node
 * @param {boolean} inFlow There it is no comment.
 * @returns {{text: string, span: [number, number]}}
 */
export function comment(text, node, inFlow) {
  const end = node?.range?.[1] ?? 0;
  const { end: stop } = lineAt(text, end);
  const rest = text.slice(end, stop).replace(/\r$/, "");
  const found = inFlow ? null : /^[ \t]+#.*$/.exec(rest);
  return found ? { text: found[0], span: [end, end + rest.length] } : { text: "", span: [end, end] };
}

/**
 * @typedef {object} ListLines A list with one model a line.
 * @property {number} start Where the lines begin, and `end`.
 * @property {number} end
 * @property {number} keyEnd Behind `models:`.
 * @property {string} keyTail From there to `start`.
 * @property {string} dash What begins a line.
 * @property {{raw: string, before: string[], after: string}[]} items
 */

/**
 * @param {string} text
 * @param {Place} place
 * @returns {ListLines | null} null for a list in brackets, or none.
 */
export function listLines(text, { models }) {
  const list = models?.value;
  if (!models || !isSeq(list) || isFlow(list)) return null;
  const keyEnd = text.indexOf(":", models.key.range?.[1] ?? 0) + 1;
  const start = lineAt(text, keyEnd).next;
  let at = start;
  let dash = "";
  const items = list.items.map((item) => {
    const node = /** @type {import("yaml").Scalar} */ (item);
    const [from, to] = spanOf(text, node);
    const line = lineAt(text, from);
    dash = text.slice(line.start, from);
    const { text: behind, span } = comment(text, node, false);
    if (!/^[ \t]*-[ \t]+$/.test(dash) || !/^\s*$/.test(text.slice(span[1], line.end))) {
      throw new NotEditable("The list of models is written in an unusual way.");
    }
    const before = text
      .slice(at, line.start)
      .split(/(?<=\n)/)
      .filter(Boolean);
    at = line.next;
    return { raw: text.slice(from, to), before, after: behind };
  });
  return { start, end: at, keyEnd, keyTail: text.slice(keyEnd, start), dash, items };
}

/** @typedef {{ref: string, raw: string, before: string[], after: string}} Written With the comments above and behind it. */

/** How the models of a chain were written. */
export class Pool {
  /** @type {Written[]} */
  #entries;
  #lines;
  #eol;

  /**
   * @param {Chain} chain
   * @param {{text: string}} own The comment behind the primary.
   * @param {ListLines | null} lines
   * @param {string} text
   * @param {Place} place
   */
  constructor(chain, own, lines, text, { model, models }) {
    const nodes = [model.value, ...(isSeq(models?.value) ? models.value.items : [])];
    this.#entries = chain.models.map((ref, at) => {
      const [start, end] = spanOf(text, /** @type {import("yaml").Node} */ (nodes[at]));
      const item = at ? lines?.items[at - 1] : undefined;
      const before = at === 0 ? [] : (item?.before ?? []);
      return { ref, raw: text.slice(start, end), before, after: (at ? item?.after : own.text) ?? "" };
    });
    this.#lines = lines;
    this.#eol = eolOf(text);
  }

  /**
   * How a model was written; it is not there for the next one of that name.
   * @param {string} ref
   * @returns {Written}
   */
  take(ref) {
    const at = this.#entries.findIndex((entry) => entry.ref === ref);
    return this.#entries.splice(at, at < 0 ? 0 : 1)[0] ?? { ref, raw: writtenText(ref), before: [], after: "" };
  }

  /**
   * The lines of a list of these models. Comments on lines of their own go with the model below them, or stay at the end.
   * @param {string[]} refs
   * @param {Written} primary What is above it was above it in the list, and stays there.
   */
  lines(refs, primary) {
    const lines = refs.map((ref) => {
      const { raw, before, after } = this.take(ref);
      return `${before.join("")}${this.#lines?.dash ?? ""}${raw}${after}${this.#eol}`;
    });
    const left = [primary, ...this.#entries].flatMap(({ before }) => before.filter((line) => line.trim()));
    return [...lines, ...left].join("");
  }
}

/**
 * A model as it was written, for a place between brackets.
 * @param {{ref: string, raw: string}} entry
 */
export function inBrackets({ ref, raw }) {
  return raw === ref ? writtenText(ref) : raw;
}
