import { make } from "../dom.js";
import { inOrder } from "./bidi.js";
import { clean } from "./clean.js";
import { copyButton } from "./copy.js";

const MAX_COLOURED = 20_000; // characters; more would take longer than a frame may
/** A longer piece of code is ended at the next line, so that the browser lays out only the last one when it grows. */
const MAX_PIECE = 2_000;

/** @type {Promise<unknown>} One block after the other, each in a task of its own. */
let coloured = Promise.resolve();

/** Code with its language and a button that copies it. */
export class CodeBlock {
  #source = "";
  #language;
  #code;
  /** @type {Text | null} */
  #last = null;

  /** @param {string} languageClass `language-…`, or nothing. */
  constructor(languageClass) {
    this.#language = languageClass.replace("language-", "");
    this.#code = make("code", { class: languageClass });
    const box = make("pre", {}, this.#code);
    box.tabIndex = 0;
    box.dir = "ltr";
    box.setAttribute("aria-label", this.#language ? `Code, ${this.#language}` : "Code");
    const label = make("span", { text: this.#language || "code" });
    const copy = copyButton("Copy code", () => this.#source.replace(/\n$/, ""));
    this.element = make("figure", { class: "code" }, make("figcaption", {}, label, copy), box);
  }

  /** @param {string} text */
  append(text) {
    this.#source += text;
    for (const line of inOrder(text).split(/(?<=\n)/)) {
      if (!this.#last) this.#code.append(make("span", { class: "piece" }, (this.#last = document.createTextNode(""))));
      this.#last.appendData(line);
      if (line.endsWith("\n") && this.#last.length > MAX_PIECE) this.#last = null;
    }
  }

  /** Colour it, once it is complete. */
  highlight() {
    if (!this.#language || this.#source.length > MAX_COLOURED) return;
    const colour = async () => {
      const { highlight } = await import("./highlight.js");
      await new Promise((done) => setTimeout(done));
      const html = this.#code.isConnected && highlight(inOrder(this.#source), this.#language);
      if (html) this.#code.replaceChildren(clean(html));
    };
    coloured = coloured.then(colour).catch(() => {}); // it stays as it is
  }
}

/**
 * Blocks of code in place of the plain ones of a part.
 * @param {DocumentFragment} part
 * @param {boolean} isFinished
 */
export function codeBlocks(part, isFinished) {
  for (const plain of part.querySelectorAll("pre")) {
    const code = plain.querySelector("code");
    const block = new CodeBlock(code?.className ?? "");
    block.append(plain.textContent ?? "");
    plain.replaceWith(block.element);
    if (isFinished) block.highlight();
  }
}
