// Text that a user decides by: nothing in it is invisible, reorders it, or looks like another letter. No DOM here.

// Control and format characters, blanks, fillers, selectors, private and unassigned ones; but not the plain space and
// the end of a line.
const HIDDEN = /(?![ \n])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{16FE4}\u{1D159}]/u;
// What an emoji is put together with.
const IN_EMOJI =
  /(?<=\p{Extended_Pictographic})\uFE0F|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})/u;
const PLAIN = /^[ -~\n]*$/;
const NOT_SEEN = new RegExp(`${IN_EMOJI.source}|((?:${HIDDEN.source})+)`, "gu");
// Letters that look like those of ASCII.
const CYRILLIC = String.raw`\u0405\u0406\u0408\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0425\u0430\u0435\u043E\u0440\u0441\u0443\u0443\u0445\u0455\u0456\u0458\u04BB\u04CF\u0501\u050C\u050D\u051B\u051D`;
const GREEK = String.raw`\u0391\u0392\u0395\u0396\u0397\u0399\u039A\u039C\u039D\u039F\u03A1\u03A4\u03A5\u03A7\u03B3\u03BD\u03BF`;
const ARMENIAN = String.raw`\u0570\u0578\u057D\u0585`;
const FULLWIDTH = String.raw`\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A`;
const MATHEMATICAL = String.raw`\u{1D400}-\u{1D7FF}`;
const LOOKALIKE = new RegExp(`[${CYRILLIC}${GREEK}${ARMENIAN}${FULLWIDTH}${MATHEMATICAL}]`, "u");
const LOOKALIKES = new RegExp(`(?:${LOOKALIKE.source})+`, "gu");
const ONLY_LOOKALIKES = new RegExp(`^(?:${LOOKALIKE.source}|\\p{N})+$`, "u");
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|[^])/g;
const MAX_NAMED = 8;
const LABEL_CHARS = 99;

/**
 * The text with `\u` escapes, as JSON has them, for characters that cannot be seen or that pass for others.
 * @param {string} text
 */
export function visible(text) {
  if (PLAIN.test(text)) return text;
  return text
    .replace(NOT_SEEN, (found, hidden) => (hidden === undefined ? found : escaped(found)))
    .replace(/[^\s"]+/gu, withoutLookalikes);
}

/**
 * A name, in one line: what cannot be seen is made visible, and the middle of a long one is left out.
 * @param {string} text
 */
export function label(text) {
  const third = LABEL_CHARS / 3;
  const cut = text.length > LABEL_CHARS ? `${text.slice(0, 2 * third)}…${text.slice(-third)}` : text;
  return visible(cut.replace(/\s+/g, " ").trim());
}

/**
 * The characters of a text, or of JSON text, that `visible` escapes: `U+200B`, …
 * @param {string} text
 */
export function oddCharacters(text) {
  const plain = text.replace(ESCAPE, (found, code) => (code ? String.fromCharCode(parseInt(code, 16)) : found));
  /** @type {Set<string>} */
  const found = new Set();
  for (const [, hidden = ""] of plain.matchAll(NOT_SEEN)) for (const char of hidden) found.add(char);
  for (const [run] of plain.matchAll(/[^\s"]+/gu)) {
    if (withoutLookalikes(run) === run) continue;
    for (const [letters] of run.matchAll(LOOKALIKES)) for (const char of letters) found.add(char);
  }
  const names = [...found].map(name);
  return names.length > MAX_NAMED ? [...names.slice(0, MAX_NAMED), `${names.length - MAX_NAMED} more`] : names;
}

/**
 * In a run with ASCII letters or digits, such as a host or a path: the escapes of words that mix them with letters that
 * look the same, or that have only such letters.
 * @param {string} run
 */
function withoutLookalikes(run) {
  if (!LOOKALIKE.test(run) || !/[A-Za-z0-9]/.test(run)) return run;
  return run.replace(/[\p{L}\p{M}\p{N}]+/gu, (word) =>
    /[A-Za-z]/.test(word) || ONLY_LOOKALIKES.test(word) ? word.replace(LOOKALIKES, escaped) : word,
  );
}

/** @param {string} chars */
function escaped(chars) {
  let text = "";
  for (let at = 0; at < chars.length; at++) text += `\\u${chars.charCodeAt(at).toString(16).padStart(4, "0")}`;
  return text;
}

/** @param {string} char */
function name(char) {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
