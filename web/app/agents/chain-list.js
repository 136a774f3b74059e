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

/** How the models of a chain were written, with their comments: each is taken once, and what is left over stays. */
export class Pool {
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
      return { ref, raw: text.slice(start, end), before: item?.before ?? [], after: (at ? item?.after : own.text) ?? "" };
    });
    this.#lines = lines;
    this.#eol = eolOf(text);
  }

  /**
   * @param {string} ref
   * @param {boolean} inFlow
   */
  raw(ref, inFlow) {
    const raw = this.#entries.find((entry) => entry.ref === ref)?.raw;
    const isQuoted = raw !== undefined && raw !== ref;
    return raw !== undefined && (!inFlow || isQuoted) ? raw : writtenText(ref);
  }

  /** @param {string} ref */
  after(ref) {
    return this.#entries.find((entry) => entry.ref === ref)?.after ?? "";
  }

  /**
   * The lines of a list of these models. Comments on lines of their own go with the model below them.
   * @param {string[]} refs
   */
  lines(refs) {
    const kept = new Set();
    const lines = refs.map((ref) => {
      const entry = this.#entries.find((each) => each.ref === ref && !kept.has(each));
      if (entry) kept.add(entry);
      return `${entry?.before.join("") ?? ""}${this.#lines?.dash ?? ""}${this.raw(ref, false)}${entry?.after ?? ""}${this.#eol}`;
    });
    return [...lines, ...this.orphans([...kept])];
  }

  /**
   * The comments above models that are not in the list any more.
   * @param {unknown[]} kept
   */
  orphans(kept) {
    return this.#entries.filter((entry) => !kept.includes(entry)).flatMap(({ before }) => before.filter((line) => line.trim()));
  }
}
