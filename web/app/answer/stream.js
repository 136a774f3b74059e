// Markdown that comes in pieces, rendered part by part. No DOM here.
//
// A part is what need not be looked at again: blocks at the top, items of a list, rows of a table. It is finished once a
// complete line has begun the next one. A block that is too long is cut at the end of a line, so that no step of the work
// depends on the length of the answer. Where parts end depends on the text alone, and not on the pieces in which it comes.

import { Labels } from "./labels.js";
import { languageClass } from "./markdown.js";
import { blocksOf, render, renderInner } from "./parts.js";
import { breakLines, LineEnds, withoutBreaks } from "./text-lines.js";

/**
 * @typedef {import("./parts.js").Place} Place
 * @typedef {import("./parts.js").Block} Block
 *
 * @typedef {object} Sink Where the parts go. All HTML is still to be sanitized.
 * @property {(tag: "ul" | "ol", start: string | null) => void} openList
 * @property {(html: string) => void} openTable With the head of the table.
 * @property {(html: string, place: Place) => object} add Returns the part, for `replace`.
 * @property {(part: any, html: string) => void} replace
 * @property {(languageClass: string) => void} openCode
 * @property {(text: string) => void} code Text at the end of the open code.
 * @property {() => void} close The list, the table or the code.
 * @property {(inner: string, after: string) => void} tail What is not finished: in the open list or table, and after it.
 *
 * @typedef {{place: Place, source: string, part: object}} Rendered
 */

const WINDOWS = [4_000, 24_000]; // characters that one step looks at; the second if no part ends in the first
const MAX_BLOCK = 6_000; // characters
const MAX_ITEM = 12_000;
const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;
// The beginning of a line that may still become one of several blocks.
const UNDECIDED = /^ {0,3}(?:[-=*+#>_|:~`\s]{1,40}|\d{1,9}[.)]?\s?|(?:`{3,}|~{3,}).*)$/;

export class Stream {
  #sink;
  #rest = "";
  #lines = new LineEnds();
  #ended = false;
  #labels = /** @type {Labels<Rendered>} */ (new Labels());
  /** @type {{place: Place, head: string}} The head of the open table: its first two lines. */
  #open = { place: "root", head: "" };
  /** @type {{indent: number, closing: RegExp, inLine: boolean} | null} */
  #code = null;
  /** @type {Rendered[]} To be rendered again, because what they refer to was defined after them. */
  #again = [];
  #tail = "";
  #pushed = 0;

  /** @param {Sink} sink */
  constructor(sink) {
    this.#sink = sink;
  }

  /** @param {string} text */
  push(text) {
    this.#add(this.#lines.push(text));
  }

  /** How many characters are finished. */
  get finished() {
    return this.#pushed - this.#rest.length;
  }

  end() {
    this.#add(this.#lines.end());
    this.#ended = true;
  }

  /** @param {string} text */
  #add(text) {
    this.#rest += text;
    this.#pushed += text.length;
  }

  /** Finish some parts. Returns whether there may be others: then it is to be called again. */
  step() {
    if (this.#code) return this.#stepCode(this.#code);
    this.#rest = breakLines(this.#rest);
    const complete = this.#ended ? this.#rest.length : this.#rest.lastIndexOf("\n") + 1;
    for (const size of WINDOWS) {
      if (complete === 0) break;
      const end = complete <= size ? complete : this.#rest.lastIndexOf("\n", size) + 1;
      if (this.#advance(this.#rest.slice(0, end), this.#ended && end === this.#rest.length)) return true;
      if (end === complete) break;
    }
    return this.#ended && this.#rest === "" && this.#repeat();
  }

  /** Show what is not finished. */
  tail() {
    const text = this.#code ? "" : this.#decided();
    if (text === this.#tail) return;
    this.#tail = text;
    const { place, head } = this.#open;
    if (text === "") this.#sink.tail("", "");
    else if (place === "root") this.#sink.tail("", render(text, this.#labels.draft));
    else {
      const { inner, after } = renderInner(head + text, place, this.#labels.draft);
      this.#sink.tail(inner, after);
    }
  }

  /** The rest, without a last line that is still too short to tell what it is. */
  #decided() {
    const start = this.#rest.lastIndexOf("\n") + 1;
    return !this.#ended && UNDECIDED.test(this.#rest.slice(start)) ? this.#rest.slice(0, start) : this.#rest;
  }

  /**
   * @param {string} text Complete lines from the start of the rest.
   * @param {boolean} isAll Nothing comes after them.
   * @returns {boolean} Whether something has been finished.
   */
  #advance(text, isAll) {
    const { place, head } = this.#open;
    const skipped = head ? 2 : 0;
    const starts = lineStarts(text);
    const blocks = blocksOf(head + text, this.#labels.draft);
    const [first, second] = blocks;
    const isDone = isAll || second !== undefined;
    const offset = (/** @type {number} */ line) => starts[Math.max(line - skipped, 0)] ?? text.length;
    if (place === "items" && !first?.items.length) return this.#close();
    if (first && place === "root" && this.#isContainer(first) && first.start > 0) return this.#take(offset(first.start), "root");
    if (first?.type === "fence") return this.#openCode(text);
    if (first?.type === "table_open") return this.#advanceTable(text, first, offset, isDone);
    if (first && first.items.length > 0) return this.#advanceList(first, starts, text.length, isDone);
    const ends = blocks.map(({ end }) => offset(end));
    const long = ends.findIndex((end, at) => end - (ends[at - 1] ?? 0) > MAX_BLOCK);
    if (long === 0 || (!first && text.length > MAX_BLOCK)) return this.#take(cutAfter(starts, MAX_BLOCK, text.length), "root");
    const run = blocks.findIndex((block, at) => at === long || this.#isContainer(block) || (!isAll && at === blocks.length - 1));
    const count = enough(run < 0 ? ends : ends.slice(0, run));
    return this.#take(isAll && count === blocks.length ? text.length : (ends[count - 1] ?? 0), "root");
  }

  /** @param {Block} block */
  #isContainer({ type, items }) {
    return type === "fence" || type === "table_open" || items.length > 0;
  }

  /**
   * @param {Block} list
   * @param {number[]} starts Of the lines.
   * @param {number} length Of the text.
   * @param {boolean} isDone
   */
  #advanceList({ token, items, end }, starts, length, isDone) {
    if (this.#open.place === "root") {
      this.#clearTail();
      this.#sink.openList(token.tag === "ol" ? "ol" : "ul", startOf(token));
      this.#open = { place: "items", head: "" };
    }
    const ends = [...items.slice(1), end].map((line) => starts[line] ?? length);
    const long = ends.findIndex((to, at) => to - (ends[at - 1] ?? 0) > MAX_ITEM);
    if (long === 0) return this.#take(cutAfter(starts, MAX_ITEM, length), "items") && this.#close();
    const whole = long > 0 ? long : isDone ? ends.length : ends.length - 1;
    const count = enough(ends.slice(0, whole));
    if (count > 0) this.#take(ends[count - 1] ?? 0, "items");
    if (isDone && count === ends.length) this.#close();
    return count > 0;
  }

  /**
   * @param {string} text
   * @param {Block} table
   * @param {(line: number) => number} offset
   * @param {boolean} isDone
   */
  #advanceTable(text, { end }, offset, isDone) {
    if (this.#open.place === "root") {
      const head = text.slice(0, offset(2));
      this.#clearTail();
      this.#sink.openTable(render(head, this.#labels.draft));
      this.#open = { place: "rows", head: head.endsWith("\n") ? head : `${head}\n` };
      this.#rest = this.#rest.slice(head.length);
      return true;
    }
    const rows = offset(end);
    const took = rows > 0 && this.#take(rows, "rows");
    if (isDone) this.#close();
    return took || isDone;
  }

  /**
   * Render a part of the rest that is finished.
   * @param {number} length
   * @param {Place} place
   */
  #take(length, place) {
    if (length === 0) return false;
    const source = this.#open.head + this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    this.#clearTail();
    const html = this.#render(source, place);
    const part = this.#sink.add(html, place);
    this.#labels.wait(source, { place, source, part });
    return true;
  }

  /** @param {string} source @param {Place} place */
  #render(source, place) {
    const { env } = this.#labels;
    return place === "root" ? render(source, env) : renderInner(source, place, env).inner;
  }

  /** Close the list, the table or the code. */
  #close() {
    this.#clearTail();
    this.#sink.close();
    this.#open = { place: "root", head: "" };
    this.#code = null;
    return true;
  }

  #clearTail() {
    if (this.#tail !== "") this.#sink.tail("", "");
    this.#tail = "";
  }

  /** @param {string} text */
  #openCode(text) {
    const [line, indent = "", mark = "", info = ""] = FENCE.exec(text.endsWith("\n") ? text : `${text}\n`) ?? [""];
    this.#clearTail();
    this.#sink.openCode(languageClass(info));
    const closing = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}[ \\t]*$`);
    this.#code = { indent: indent.length, closing, inLine: false };
    this.#rest = withoutBreaks(this.#rest.slice(line.length));
    return true;
  }

  /**
   * Code is text: it goes to the page as it comes, but for the beginning of a line that may close it.
   * @param {{indent: number, closing: RegExp, inLine: boolean}} code
   */
  #stepCode(code) {
    let text = "";
    let at = 0;
    for (let end = 0; at < this.#rest.length && at < (WINDOWS[0] ?? 0); at = end) {
      const newline = this.#rest.indexOf("\n", at);
      end = newline < 0 ? this.#rest.length : newline + 1;
      const line = this.#rest.slice(at, newline < 0 ? end : newline);
      if (!code.inLine) {
        if ((newline >= 0 || this.#ended) && code.closing.test(line)) {
          this.#finishCode(text, end);
          return true;
        }
        if (newline < 0 && !this.#ended && /^[ \t]*[`~]*[ \t]*$/.test(line)) break;
      }
      text += (code.inLine ? line : withoutIndent(line, code.indent)) + (newline < 0 ? "" : "\n");
      code.inLine = newline < 0;
    }
    this.#rest = this.#rest.slice(at);
    if (text) this.#sink.code(text);
    if (this.#ended && this.#rest === "") this.#finishCode("", 0);
    return at > 0 || !this.#code;
  }

  /** @param {string} text @param {number} length */
  #finishCode(text, length) {
    if (text) this.#sink.code(text);
    this.#rest = this.#rest.slice(length);
    this.#close();
  }

  /** Render one part again that refers to something which was defined after it. */
  #repeat() {
    if (this.#again.length === 0) this.#again = this.#labels.takeDefined();
    const next = this.#again.shift();
    if (!next) return false;
    this.#sink.replace(next.part, this.#render(next.source, next.place));
    return true;
  }
}

/** @param {Block["token"]} list */
function startOf(list) {
  const start = list.attrGet("start");
  return start === null ? null : String(start);
}

/** The offsets at which lines start. @param {string} text */
function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** How many parts are enough for one step. @param {number[]} ends Where they end. */
function enough(ends) {
  const found = ends.findIndex((end) => end >= (WINDOWS[0] ?? 0));
  return found < 0 ? ends.length : found + 1;
}

/** The start of the first line at or after `size`. @param {number[]} starts @param {number} size @param {number} end */
function cutAfter(starts, size, end) {
  return starts.find((start) => start >= size) ?? end;
}

/** @param {string} line @param {number} indent */
function withoutIndent(line, indent) {
  let spaces = 0;
  while (spaces < indent && line[spaces] === " ") spaces++;
  return line.slice(spaces);
}
