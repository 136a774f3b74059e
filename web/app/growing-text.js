import { make } from "./dom.js";

/** Longer blocks are ended at the next line break, so that a new word makes the browser lay out only the last one. */
const BLOCK_CHARS = 2000;

/** Text that is only ever appended to; its textContent is the text, exactly. */
export class GrowingText {
  element = make("div", { class: "growing" });
  length = 0;
  #waiting = "";
  /** @type {Text | null} */
  #tail = null;

  /** @param {string} text */
  append(text) {
    this.#waiting += text;
    this.length += text.length;
  }

  /** Put what has been appended since the last time into the page. */
  flush() {
    let text = this.#waiting;
    this.#waiting = "";
    while (text !== "") {
      this.#tail ??= this.#newBlock();
      const room = Math.max(BLOCK_CHARS - this.#tail.length, 0);
      const end = text.indexOf("\n", room) + 1;
      this.#tail.appendData(end === 0 ? text : text.slice(0, end));
      if (end === 0) return;
      text = text.slice(end);
      this.#tail = null;
    }
  }

  #newBlock() {
    const text = document.createTextNode("");
    this.element.append(make("div", {}, text));
    return text;
  }
}
