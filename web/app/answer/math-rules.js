// Math in Markdown: `$x$`, `\(x\)`, `$$x$$` and `\[x\]` in a line; the last two also as blocks of lines.
//
// It is rendered as code of the class "math"; MathML replaces that once the library is there. A block ends at its closing
// mark, or at a blank line: then it is no math and stays as it was written. Whether a line belongs to the block never
// depends on what comes after the line.

/** @typedef {import("markdown-it").StateInline} StateInline */

const MAX_INLINE = 1000; // characters
const CLOSING = { $$: "$$", "\\[": "\\]" };
const WORD = /[\p{L}\p{N}]/u;
const PRICE = /^\d[\d.,]*(?:\s*\p{L}{2,}|[\s,;:–-]+[\d\s.,;:–-]*$)/u;

/** @param {import("markdown-it").MarkdownIt} md */
export function math(md) {
  const { escapeHtml } = md.utils;
  md.inline.ruler.before("escape", "math", inlineMath);
  const alt = ["paragraph", "reference", "blockquote", "list"];
  md.block.ruler.after("fence", "math_block", mathBlock, { alt });
  const { rules } = md.renderer;
  rules["math"] = (tokens, at) => `<code class="math">${escapeHtml(tokens[at]?.content ?? "")}</code>`;
  rules["math_display"] = (tokens, at) => `<code class="math display">${escapeHtml(tokens[at]?.content ?? "")}</code>`;
  rules["math_block"] = (tokens, at) =>
    `<p class="math-block"><code class="math display">${escapeHtml(tokens[at]?.content ?? "")}</code></p>\n`;
  rules["math_unclosed"] = (tokens, at) => `<p>${escapeHtml(tokens[at]?.content ?? "")}</p>\n`;
}

/** @type {import("markdown-it").ParserInline["ruler"] extends {push(name: string, rule: infer R): any} ? R : never} */
function inlineMath(state, silent) {
  const { src, pos } = state;
  const mark = src[pos] === "$" ? (src[pos + 1] === "$" ? "$$" : "$") : src.slice(pos, pos + 2);
  if (mark === "$") return dollar(state, silent);
  const closing = mark === "\\(" ? "\\)" : mark === "$$" || mark === "\\[" ? CLOSING[mark] : "";
  if (!closing) return false;
  const length = src.slice(pos + 2, Math.min(pos + 2 + MAX_INLINE, state.posMax)).indexOf(closing);
  if (length < 1) return skip(state, mark, silent);
  if (!silent) state.push(mark === "\\(" ? "math" : "math_display", "", 0).content = src.slice(pos + 2, pos + 2 + length);
  state.pos = pos + 4 + length;
  return true;
}

/**
 * `$x$`, and not `$5 and $6`: nothing blank inside next to a mark, no letter or digit outside next to it, the next mark
 * closes, and a number alone or before a word is a price.
 * @param {StateInline} state
 * @param {boolean} [silent]
 */
function dollar(state, silent) {
  const { src, pos } = state;
  const inside = src.slice(pos + 1, Math.min(pos + 1 + MAX_INLINE, state.posMax));
  const length = inside.search(/\$|`/);
  const content = inside.slice(0, length);
  const after = src[pos + 2 + length] ?? "";
  const isMath =
    length > 0 && inside[length] === "$" && content.trim() === content && !content.endsWith("\\") && !PRICE.test(content);
  if (!isMath || after === "$" || WORD.test(after) || WORD.test(src[pos - 1] ?? "")) return skip(state, "$", silent);
  if (!silent) state.push("math", "", 0).content = content;
  state.pos = pos + 2 + length;
  return true;
}

/**
 * A mark of dollars that opens nothing is text. Others are escapes of Markdown.
 * @param {StateInline} state
 * @param {string} mark
 * @param {boolean} [silent]
 */
function skip(state, mark, silent) {
  if (!mark.startsWith("$")) return false;
  if (!silent) state.pending += mark;
  state.pos += mark.length;
  return true;
}

/** @type {import("markdown-it").ParserBlock["ruler"] extends {push(name: string, rule: infer R, options?: any): any} ? R : never} */
function mathBlock(state, start, end, silent) {
  if ((state.sCount[start] ?? 0) - state.blkIndent >= 4) return false;
  const first = line(state, start);
  const mark = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\[" : "";
  if (!mark) return false;
  const closing = CLOSING[mark];
  const rest = first.slice(2);
  const closed = rest.indexOf(closing);
  if (closed >= 0 && rest.slice(closed + 2).trim() !== "") return false; // a paragraph that begins with math
  if (silent) return true;
  let last = start;
  let text = rest;
  while (!text.includes(closing) && last + 1 < end && (state.sCount[last + 1] ?? 0) >= state.blkIndent && line(state, last + 1)) {
    last += 1;
    text = line(state, last);
  }
  const isClosed = text.trimEnd().endsWith(closing);
  const source = state.getLines(start, last + 1, state.blkIndent, false).trim();
  const token = state.push(isClosed ? "math_block" : "math_unclosed", "", 0);
  token.map = [start, last + 1];
  token.content = isClosed ? source.slice(2, -2).trim() : source;
  state.line = last + 1;
  return true;
}

/** @param {import("markdown-it").StateBlock} state @param {number} at */
function line(state, at) {
  return state.src.slice((state.bMarks[at] ?? 0) + (state.tShift[at] ?? 0), state.eMarks[at]);
}
