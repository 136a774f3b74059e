import { make } from "./dom.js";

/** Longer blocks are ended at the next line break, so that a new word makes the browser lay out only the last one. */
const BLOCK_CHARS = 2000;

/** Text that grows at its end; the textContent of the element is the text, exactly. */
export class GrowingText {
  length = 0;
  #element = make("div", { class: "growing" });
  #place;
  /** @type {Text | null} */
  #tail = null;

  /** @param {HTMLElement} place The element goes to its end once there is text. */
  constructor(place) {
    this.#place = place;
  }

  get text() {
    return this.#element.textContent;
  }

  /** @param {string} text */
  append(text) {
    if (text !== "" && this.length === 0) this.#place.append(this.#element);
    this.length += text.length;
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

  clear() {
    this.length = 0;
    this.#tail = null;
    this.#element.replaceChildren();
    this.#element.remove();
  }

  #newBlock() {
    const text = document.createTextNode("");
    this.#element.append(make("div", {}, text));
    return text;
  }
}
