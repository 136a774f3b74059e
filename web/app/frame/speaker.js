// The answer for screen readers: a polite live region that gets each sentence when it is complete.

import { make } from "../dom.js";

/** Sentences are collected for this long, so that one announcement has several. */
const COLLECT_MS = 700;
/** Text without the end of a sentence is announced when it is longer. */
const MAX_WAITING = 2000;
/** Characters of one announcement: what is longer is announced bit by bit, so that no frame lays out all of it. */
const MAX_SAID = 20_000;
/** After this an announcement is removed, so that the answer is not on the page twice. */
const KEEP_MS = 8000;
/** Where a sentence ends. */
const END = /[.!?…](?=["'”’)\]]?\s)|[。！？\n]/gu;
/** What Markdown has at the start of a line, and around words. */
const MARKUP = /^[\s#>|:-]+|[*`]+|(?<!\w)_|_(?!\w)/g;
const FENCE = /^\s*(?:```|~~~)\s*(\S*)/;

export class Speaker {
  #region;
  #waiting = "";
  #isInCode = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #collecting;

  /** @param {HTMLElement} region A polite live region. */
  constructor(region) {
    this.#region = region;
  }

  /** @param {import("../../sparewheel.js").Event} event */
  push(event) {
    if (event.task !== undefined) return;
    if (event.type === "delta") {
      if (!event.content) return;
      this.#waiting += event.content;
      this.#collecting ??= setTimeout(() => this.#say(false), COLLECT_MS);
    } else if (event.type === "start" || event.type === "discard") {
      this.#drop();
    } else if (event.type === "step" || event.type === "finish" || event.type === "error" || event.type === "aborted") {
      this.#say(true);
    }
  }

  #drop() {
    clearTimeout(this.#collecting);
    this.#collecting = undefined;
    this.#waiting = "";
    this.#isInCode = false;
  }

  /** @param {boolean} isAll Whether the last sentence counts although its end has not come. */
  #say(isAll) {
    clearTimeout(this.#collecting);
    const head = this.#waiting.slice(0, MAX_SAID);
    const isCut = this.#waiting.length > MAX_SAID;
    const end = isAll && !isCut ? head.length : lastEnd(head) || (head.length > MAX_WAITING ? head.length : 0);
    const text = this.#plain(head.slice(0, end));
    this.#waiting = this.#waiting.slice(end);
    this.#collecting = isCut ? setTimeout(() => this.#say(isAll), COLLECT_MS) : undefined;
    if (isAll && !isCut) this.#isInCode = false;
    if (text === "") return;
    const said = make("p", { text });
    this.#region.append(said);
    setTimeout(() => said.remove(), KEEP_MS);
  }

  /**
   * Markdown as one would read it out. Of code, only its language is said.
   * @param {string} markdown
   */
  #plain(markdown) {
    const said = [];
    for (const line of markdown.split("\n")) {
      const fence = FENCE.exec(line);
      if (fence && !this.#isInCode) said.push(`Code: ${fence[1] || "a block"}.`);
      if (fence) this.#isInCode = !this.#isInCode;
      else if (!this.#isInCode)
        said.push(
          line
            .replace(MARKUP, "")
            .replace(/[|\s]+/g, " ")
            .trim(),
        );
    }
    return said.filter(Boolean).join(" ");
  }
}

/** @param {string} text */
function lastEnd(text) {
  let end = 0;
  for (const match of text.matchAll(END)) end = match.index + match[0].length;
  return end;
}
