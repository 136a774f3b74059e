import { md } from "./markdown.js";
import { withoutBreaks } from "./text-lines.js";

/**
 * @typedef {import("markdown-it").Token} Token
 * @typedef {{type: string, start: number, end: number, token: Token, items: number[]}} Block Lines from `start` to before
 *   `end`; `items`: the lines at which those of a list begin.
 *
 * @typedef {"root" | "items" | "rows"} Place Where a part goes: to the top, into the open list, into the open table.
 */

const INNER = { items: ["list_item_open", "list_item_close"], rows: ["tr_open", "tr_close"] };

/**
 * The blocks at the top of a text; what is in a line is not parsed.
 * @param {string} text
 * @param {import("./markdown.js").Env} env
 * @returns {Block[]}
 */
export function blocksOf(text, env) {
  /** @type {Token[]} */
  const tokens = [];
  md.block.parse(text, md, env, tokens);
  /** @type {Block[]} */
  const blocks = [];
  for (const token of tokens) {
    if (token.level === 0 && token.nesting >= 0 && token.map) {
      const [start, end] = token.map;
      blocks.push({ type: token.type, start, end, token, items: [] });
    } else if (token.level === 1 && token.type === "list_item_open" && token.map) {
      blocks.at(-1)?.items.push(token.map[0]);
    }
  }
  return blocks;
}

/**
 * HTML, still to be sanitized.
 * @param {string} text
 * @param {import("./markdown.js").Env} env
 */
export function render(text, env) {
  return html(md.parse(text, env), env);
}

/**
 * The items of the list, or the rows of the table, that the text begins with, and what comes after it.
 * @param {string} text
 * @param {"items" | "rows"} place
 * @param {import("./markdown.js").Env} env
 */
export function renderInner(text, place, env) {
  const tokens = md.parse(text, env);
  const [open, close] = INNER[place];
  const end = tokens.findIndex(({ level, nesting }) => level === 0 && nesting < 0);
  const rows = place === "rows" ? tokens.findIndex(({ type }) => type === "tbody_open") : 0;
  const all = tokens.slice(0, end + 1);
  const first = rows < 0 ? -1 : all.findIndex(({ type }, at) => at >= rows && type === open);
  const last = all.findLastIndex(({ type }) => type === close);
  return { inner: first < 0 ? "" : html(all.slice(first, last + 1), env), after: html(tokens.slice(end + 1), env) };
}

/** @param {Token[]} tokens @param {import("./markdown.js").Env} env */
function html(tokens, env) {
  return withoutBreaks(md.renderer.render(tokens, md.options, env));
}
