// Markdown as answers have it: CommonMark without HTML, tables, task lists, footnotes, math. No DOM here.
//
// What it renders is still to be sanitized. Three things differ from plain markdown-it, so that a part of an answer can be
// rendered before the rest is there: whether a list item is loose is decided by the item, not by its list; a footnote
// stays where it is defined; and both it and its references show the label that the author gave it.

import MarkdownIt from "markdown-it";
import footnotes from "markdown-it-footnote";
import { math } from "./math-rules.js";
import { tasks, tightItems } from "./item-rules.js";

/**
 * @typedef {import("markdown-it").Token} Token
 * @typedef {{references: Record<string, any>, footnotes: {refs: Record<string, unknown>}}} Env Definitions; the parser extends them.
 */

const MAX_NESTING = 40;
const MAX_LABEL = 100;
const LANGUAGE = /^[\w+#.-]{1,30}/;
const PICTURE = "Picture";

export const md = new MarkdownIt({ html: false, linkify: true });
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
md.options.maxNesting = MAX_NESTING;
md.validateLink = isSafeLink;
md.use(math).use(tightItems).use(tasks).use(footnotes);
md.core.ruler.disable("footnote_tail");
md.inline.ruler.disable("footnote_inline");
md.inline.ruler.at("footnote_ref", footnoteReference);
mapFootnotes();

/** Other addresses are no links: `javascript:` and `data:`, and what would be relative to this page. @param {string} url */
function isSafeLink(url) {
  return /^(?:https?:\/\/[^/\\]|mailto:.)/i.test(url) && (url.startsWith("m") || URL.canParse(url));
}

/**
 * `[^label]`, if the footnote is defined.
 * @param {import("markdown-it").StateInline} state
 * @param {boolean} [silent]
 */
function footnoteReference(state, silent) {
  const { src, pos } = state;
  if (!src.startsWith("[^", pos)) return false;
  const end = src.slice(pos, pos + MAX_LABEL).indexOf("]");
  const label = src.slice(pos + 2, pos + end);
  if (end < 3 || /** @type {Env} */ (state.env).footnotes?.refs?.[`:${label}`] === undefined) return false;
  if (!silent) state.push("footnote_ref", "", 0).meta = { label };
  state.pos = pos + end + 1;
  return true;
}

/** A footnote gets the lines it was read from, as every other block has them. */
function mapFootnotes() {
  const rules = /** @type {{__rules__: {name: string, fn: Function}[]}} */ (/** @type {unknown} */ (md.block.ruler)).__rules__;
  const define = rules.find(({ name }) => name === "footnote_def")?.fn;
  md.block.ruler.at("footnote_def", (state, start, end, silent) => {
    const at = state.tokens.length;
    const found = define?.(state, start, end, silent) ?? false;
    const token = state.tokens[at];
    if (found && token) token.map = [start, state.line];
    return found;
  });
}

const { rules } = md.renderer;
const { escapeHtml } = md.utils;

rules["footnote_ref"] = (tokens, at) => `<sup class="note-ref">${escapeHtml(labelOf(tokens[at]))}</sup>`;
rules["footnote_reference_open"] = (tokens, at) => `<div class="note" dir="auto"><sup>${escapeHtml(labelOf(tokens[at]))}</sup>`;
rules["footnote_reference_close"] = () => "</div>\n";

/** @param {Token | undefined} token */
function labelOf(token) {
  return String(/** @type {{label?: string} | null} */ (token?.meta)?.label);
}

rules["image"] = (tokens, at) => {
  const token = /** @type {Token} */ (tokens[at]);
  const text = escapeHtml(token.content ? `${PICTURE}: ${token.content}` : PICTURE);
  return isInLink(tokens, at) ? text : `<a href="${escapeHtml(String(token.attrGet("src") ?? ""))}">${text}</a>`;
};

/** @param {Token[]} tokens @param {number} at */
function isInLink(tokens, at) {
  for (let before = at - 1; before >= 0; before--) {
    if (tokens[before]?.type === "link_close") return false;
    if (tokens[before]?.type === "link_open") return true;
  }
  return false;
}

rules["fence"] = (tokens, at) => {
  const token = /** @type {Token} */ (tokens[at]);
  return `<pre><code class="${languageClass(token.info)}">${escapeHtml(token.content)}</code></pre>\n`;
};
rules["code_block"] = (tokens, at) => `<pre><code>${escapeHtml(tokens[at]?.content ?? "")}</code></pre>\n`;

/** @param {string} info What follows the marks that open a block of code. */
export function languageClass(info) {
  const [language] = LANGUAGE.exec(info.trim()) ?? [""];
  return language && `language-${language.toLowerCase()}`;
}

/** Alignment as an attribute: a style would be refused by the page's policy. @type {import("markdown-it").RendererRule} */
const cell = (tokens, at, options, _, self) => {
  const token = /** @type {Token} */ (tokens[at]);
  const style = token.attrGet("style");
  if (style) token.attrs = [["align", String(style).replace("text-align:", "")]];
  return self.renderToken(tokens, at, options);
};
rules["th_open"] = cell;
rules["td_open"] = cell;

/** The page has headings of its own above these, and answers begin with any of the first three. */
const LEVELS = [4, 4, 4, 5, 6, 6];

/** @type {import("markdown-it").RendererRule} */
const heading = (tokens, at, options, _, self) => {
  const token = /** @type {Token} */ (tokens[at]);
  if (token.nesting === 1) token.attrSet("class", `level-${token.tag.slice(1)}`);
  token.tag = `h${LEVELS[Number(token.tag.slice(1)) - 1] ?? 6}`;
  return direction(tokens, at, options, _, self);
};
/** Each block at the top is laid out in the direction of its own text. @type {import("markdown-it").RendererRule} */
const direction = (tokens, at, options, _, self) => {
  const token = /** @type {Token} */ (tokens[at]);
  if (token.nesting === 1 && token.level === 0) token.attrSet("dir", "auto");
  return self.renderToken(tokens, at, options);
};
rules["heading_open"] = heading;
rules["heading_close"] = heading;
for (const name of ["paragraph", "blockquote", "bullet_list", "ordered_list", "table"]) rules[`${name}_open`] = direction;
