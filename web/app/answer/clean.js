// The only place where a page makes elements from HTML: DOMPurify, whose Trusted Types policy is the one that may.

import DOMPurify from "dompurify";

const TAGS = [
  ..."a b bdi blockquote br code del div em h4 h5 h6 hr li ol p pre s span strong sub sup".split(" "),
  ..."table tbody td th thead tr ul".split(" "),
];
const MATH_TAGS = [
  ..."math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt".split(" "),
  ..."mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics".split(" "),
];
const MATH_ATTRIBUTES = [
  ..."accent accentunder columnalign columnlines columnspacing depth display displaystyle fence height largeop".split(" "),
  ..."linethickness lspace mathcolor mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace".split(" "),
  ..."scriptlevel separator stretchy symmetric voffset width xmlns".split(" "),
];

const LIMITS = { ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false };
const ATTRIBUTES = ["align", "aria-label", "class", "dir", "href", "role", "start"];

/**
 * Elements from the HTML that the Markdown renderer or the highlighter made.
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function clean(html) {
  return sanitized(html, { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ATTRIBUTES, ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i });
}

/**
 * MathML from what the math library made.
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function cleanMath(html) {
  return sanitized(html, {
    ALLOWED_TAGS: MATH_TAGS,
    ALLOWED_ATTR: MATH_ATTRIBUTES,
    ALLOWED_URI_REGEXP: /^$/,
    FORBID_CONTENTS: ["annotation"],
  });
}

/**
 * @param {string} html
 * @param {import("dompurify").Config} config
 */
function sanitized(html, config) {
  const plain = config.ALLOWED_ATTR?.filter((name) => name !== "href") ?? [];
  return DOMPurify.sanitize(html, { ...config, ...LIMITS, ADD_URI_SAFE_ATTR: plain, RETURN_DOM_FRAGMENT: true });
}
