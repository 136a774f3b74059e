/** @typedef {import("markdown-it").Token} Token */

const TASK = /^\[([ xX])\][ \t]+/;

/**
 * A list item shows its paragraphs as such only if a blank line separates two of its own blocks.
 * @param {import("markdown-it").MarkdownIt} md
 */
export function tightItems(md) {
  md.core.ruler.after("block", "tight_items", ({ tokens }) => {
    tokens.forEach((token, at) => {
      if (token.type === "list_item_open") tighten(tokens, at);
    });
  });
}

/** @param {Token[]} tokens @param {number} at Where the item opens. */
function tighten(tokens, at) {
  const level = (tokens[at]?.level ?? 0) + 1;
  /** @type {Token[]} */
  const paragraphs = [];
  let isLoose = false;
  let end = 0;
  for (let inside = at + 1; (tokens[inside]?.level ?? 0) >= level; inside++) {
    const token = /** @type {Token} */ (tokens[inside]);
    if (token.level !== level) continue;
    if (token.type === "paragraph_open" || token.type === "paragraph_close") paragraphs.push(token);
    if (!token.map) continue;
    isLoose ||= end > 0 && token.map[0] > end;
    end = token.type === "paragraph_open" ? token.map[1] : Math.max(end, token.map[1]);
  }
  for (const paragraph of paragraphs) paragraph.hidden = !isLoose;
}

/**
 * `- [x] done`
 * @param {import("markdown-it").MarkdownIt} md
 */
export function tasks(md) {
  md.core.ruler.before("inline", "tasks", ({ tokens }) => {
    tokens.forEach((token, at) => {
      const inline = tokens[at + 2];
      const [mark, state] = (token.type === "list_item_open" && inline?.type === "inline" && TASK.exec(inline.content)) || [];
      if (!mark || !inline || tokens[at + 1]?.type !== "paragraph_open") return;
      inline.content = inline.content.slice(mark.length);
      token.attrSet("class", state === " " ? "task" : "task done");
    });
  });
  const { rules } = md.renderer;
  rules["list_item_open"] = (tokens, at, options, _, self) => {
    const state = tokens[at]?.attrGet("class");
    const box = state ? `<span class="box" role="img" aria-label="${state === "task" ? "to do" : "done"}"></span>` : "";
    return self.renderToken(tokens, at, options) + box;
  };
}
