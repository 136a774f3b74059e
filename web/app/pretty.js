// How tool calls are written for people: every number as it was sent, every character visible. No DOM here.

import { visible } from "./visible.js";

const LINE_CHARS = 120;
const SHOWN_CHARS = 20_000;
/** Longer JSON is not indented. */
const PRETTY_CHARS = 1_000_000;
const MAX_INDENT = 40;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/**
 * JSON text, indented; text that is no JSON as it is. Numbers and doubled keys stay as they are written.
 * @param {string} text
 * @param {number} [most] Characters; of a text that is longer when it is indented, the beginning.
 */
export function pretty(text, most = Infinity) {
  if (text.length > PRETTY_CHARS || !isJson(text)) return beginning(text, most);
  let depth = 0;
  let shown = "";
  let before = "";
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const room = most - shown.length;
    if (room < token.length) return shown + beginning(text.slice(index), Math.max(room, 0));
    const opened = before === "{" || before === "[";
    const closes = token === "}" || token === "]";
    if (opened) depth += 1;
    if (closes) depth -= 1;
    if ((opened || closes || before === ",") && !(opened && closes)) {
      shown += `\n${"  ".repeat(Math.min(depth, MAX_INDENT))}`;
    }
    shown += token === ":" ? ": " : written(token);
    before = token;
  }
  return shown;
}

/**
 * As much of what `pretty` gives as is shown at first.
 * @param {string} text
 */
export function shortened(text) {
  return pretty(text, SHOWN_CHARS);
}

/**
 * Whether `pretty` may give more than `shortened`.
 * @param {string} text
 */
export function isLong(text) {
  return text.length > SHOWN_CHARS || pretty(text) !== shortened(text);
}

/**
 * As much of a text that is no JSON as is shown at first.
 * @param {string} text
 */
export function shortenedText(text) {
  return beginning(text, SHOWN_CHARS);
}

/**
 * @param {string} text
 * @param {number} most
 */
function beginning(text, most) {
  return text.length > most ? `${visible(text.slice(0, most))}\n… ${text.length - most} more characters` : visible(text);
}

/**
 * A call's arguments in one line: `city: "Ghent", days: 3`.
 * @param {string} args JSON text; it may be broken.
 */
export function inOneLine(args) {
  const isObject = args.length <= SHOWN_CHARS && /^\s*\{/.test(args) && isJson(args);
  const line = (isObject ? fields(args) : visible(args.slice(0, 4 * LINE_CHARS))).replace(/\s+/g, " ").trim();
  return line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line;
}

/** @param {string} args An object. */
function fields(args) {
  let depth = 0;
  let line = "";
  for (const { 0: token, index } of args.matchAll(TOKEN)) {
    if (line.length > LINE_CHARS) break;
    if (/^[}\]]$/.test(token)) depth -= 1;
    const isName = depth === 1 && token.startsWith('"') && /^\s*:/.test(args.slice(index + token.length));
    if (depth > 0) line += isName ? visible(JSON.parse(token)) : written(token);
    if (depth === 1 && /^[:,]$/.test(token)) line += " ";
    if (/^[{[]$/.test(token)) depth += 1;
  }
  return line;
}

/**
 * A string with no other escapes than it needs to be read; any other token as it is.
 * @param {string} token
 */
function written(token) {
  return token.startsWith('"') ? visible(JSON.stringify(JSON.parse(token))) : token;
}

/**
 * The tokens of JSON text; null for other text.
 * @param {string} text
 * @returns {string[] | null}
 */
export function tokensOf(text) {
  return isJson(text) ? text.match(TOKEN) : null;
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
