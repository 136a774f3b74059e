// The text of an answer as lines of bounded length.

export const MAX_LINE = 5120; // characters
const BREAK_FROM = 4096;
/** A character that no text has (https://www.unicode.org/faq/private_use.html#noncharacters). */
const JOINT = "\uFDD0";
const JOINTS = new RegExp(`${JOINT}\n?`, "g");
// Before a letter: what begins so begins no block.
const PLACES = [/\s(?=\p{L})/u, /.(?=\p{L})/su, /[^\uD800-\uDBFF]/u];

/**
 * The text with a break inside of each line that is too long. It ends with a joint, so that the break is seen by the
 * parser alone. Where it is depends only on the line.
 * @param {string} text
 */
export function breakLines(text) {
  if (!hasLongLine(text)) return text;
  return text
    .split("\n")
    .map((line) => {
      const parts = [];
      while (line.length > MAX_LINE) {
        const end = BREAK_FROM + breakIn(line.slice(BREAK_FROM, MAX_LINE));
        parts.push(line.slice(0, end));
        line = line.slice(end);
      }
      return [...parts, line].join(`${JOINT}\n`);
    })
    .join("\n");
}

/** @param {string} part */
function breakIn(part) {
  for (const place of PLACES) {
    const found = place.exec(part);
    if (found) return found.index + found[0].length;
  }
  return part.length;
}

/** @param {string} text */
function hasLongLine(text) {
  for (let start = 0; start + MAX_LINE < text.length;) {
    const end = text.indexOf("\n", start);
    if ((end < 0 ? text.length : end) - start > MAX_LINE) return true;
    if (end < 0) return false;
    start = end + 1;
  }
  return false;
}

/**
 * The text or HTML without the breaks that were put into it.
 * @param {string} text
 */
export function withoutBreaks(text) {
  return text.includes(JOINT) ? text.replace(JOINTS, "") : text;
}

/** Ends of lines as `\n`, in text that comes in pieces; characters that stand for nothing are replaced. */
export class LineEnds {
  #held = "";

  /** @param {string} text */
  push(text) {
    text = this.#held + text;
    this.#held = text.endsWith("\r") ? "\r" : "";
    if (this.#held) text = text.slice(0, -1);
    return text.replace(/\r\n?/g, "\n").replace(/[\0\uFDD0]/g, "\uFFFD");
  }

  end() {
    const text = this.#held && "\n";
    this.#held = "";
    return text;
  }
}
