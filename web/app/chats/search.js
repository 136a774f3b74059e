// Search over titles and texts. No DOM here.

/** @typedef {{raw: string, folded: string}} Text A text, and what is compared: without case and accents. */

const BEFORE = 24; // characters of a snippet before what was found
const AFTER = 60;
const MAX_WORDS = 8;

/** @param {string} raw */
export function searchable(raw) {
  return { raw, folded: fold(raw) };
}

/**
 * Whether a conversation has all words, and where: a piece of its text around the first word that is not in its title.
 * @param {string} query
 * @param {Text} title
 * @param {Text} text
 * @returns {{snippet: string} | null} null: it is not found.
 */
export function match(query, title, text) {
  const words = fold(query).split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);
  let at = -1;
  for (const word of words) {
    if (title.folded.includes(word)) continue;
    const found = text.folded.indexOf(word);
    if (found < 0) return null;
    if (at < 0) at = found;
  }
  return { snippet: at < 0 ? "" : around(text, at) };
}

/** @param {string} text */
function fold(text) {
  return text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .normalize("NFC")
    .toLowerCase();
}

/**
 * @param {Text} text
 * @param {number} at In the folded text.
 */
function around({ raw, folded }, at) {
  const source = raw.length === folded.length ? raw : folded; // rarely, a letter has become two
  const start = Math.max(0, at - BEFORE);
  const cut = source.slice(start, at + AFTER).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
  return `${start > 0 ? "…" : ""}${cut.replace(/\s+/g, " ").trim()}${at + AFTER < source.length ? "…" : ""}`;
}
