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
 */
export function pretty(text) {
  const tokens = text.length > PRETTY_CHARS ? null : tokensOf(text);
  if (!tokens) return visible(text);
  let depth = 0;
  let shown = "";
  let before = "";
  for (const token of tokens) {
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
 * The beginning of a text that is too long to be shown.
 * @param {string} text
 */
export function shortened(text) {
  if (!isLong(text)) return text;
  return `${text.slice(0, SHOWN_CHARS)}\n… ${text.length - SHOWN_CHARS} more characters`;
}

/** @param {string} text */
export function isLong(text) {
  return text.length > SHOWN_CHARS;
}

/**
 * A call's arguments in one line: `city: "Ghent", days: 3`.
 * @param {string} args JSON text; it may be broken.
 */
export function inOneLine(args) {
  const tokens = args.length > SHOWN_CHARS ? null : tokensOf(args);
  const line = (tokens?.[0] === "{" ? fields(tokens) : visible(args.slice(0, 4 * LINE_CHARS))).replace(/\s+/g, " ").trim();
  return line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line;
}

/** @param {string[]} tokens Of an object. */
function fields(tokens) {
  let depth = 0;
  let line = "";
  for (const [at, token] of tokens.entries()) {
    if (/^[}\]]$/.test(token)) depth -= 1;
    const isName = depth === 1 && tokens[at + 1] === ":";
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
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  return text.match(TOKEN);
}
