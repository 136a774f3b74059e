// Math from TeX, as MathML: it needs no styles and no fonts. Loaded when an answer has some.

import "../shared.js";
import katex from "katex";

/** @type {import("katex").KatexOptions} */
const OPTIONS = { output: "mathml", throwOnError: true, strict: "ignore", trust: false, maxExpand: 300, maxSize: 20 };

/**
 * @param {string} text
 * @param {boolean} displayMode
 * @returns {string | null} null if it is no TeX.
 */
export function mathML(text, displayMode) {
  try {
    return katex.renderToString(text, { ...OPTIONS, displayMode });
  } catch {
    return null;
  }
}
