// The door of this room: an answer as Markdown, while it is streamed or as it was stored.
//
//   const answer = new Answer(element)   answer.push(text) once a frame   answer.end()   answer.clear()
//   Answer.show(element, text)           a stored message; many of them take no longer than their text
//
// The element holds the plain text until what renders it is loaded, and if it cannot be loaded. When the work of a later
// frame has changed the element, it gets the event "grown", which bubbles.

import { perFrame } from "../dom.js";

const SLICE_MS = 8; // of work in a frame
/** What is not finished is rendered again after this many times what it took, so that it gets at most a sixth of the time. */
const REST = 5;

/** @type {typeof import("./engine.js") | null} */
let engine = null;
const loading = import("./engine.js").then(
  (loaded) => (engine = loaded),
  () => null, // answers stay plain text
);

/** @type {Set<Answer>} What is to be worked on in the next frame: the latest first, because it is what is seen. */
const waiting = new Set();
const work = perFrame(() => {
  const until = performance.now() + SLICE_MS;
  for (const answer of [...waiting].reverse()) {
    waiting.delete(answer);
    if (answer.work(until)) waiting.add(answer);
    answer.grown();
    if (performance.now() > until) break;
  }
  if (waiting.size > 0) work();
});

export class Answer {
  text = "";
  #element;
  #ended = false;
  /** @type {import("./stream.js").Stream | null} */
  #stream = null;
  #tailAt = 0;
  #isLoading = false;

  /** @param {HTMLElement} element An empty element for nothing else. */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {HTMLElement} element
   * @param {string} text
   */
  static show(element, text) {
    const answer = new Answer(element);
    answer.text = text;
    answer.#ended = true;
    answer.#showPlain(text);
    answer.#later();
    return answer;
  }

  /** @param {string} text What comes next, all of a frame at once. */
  push(text) {
    if (text === "") return;
    this.text += text;
    this.#stream?.push(text);
    if (!engine) this.#showPlain(text);
    if (this.work(performance.now() + SLICE_MS)) this.#later();
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.end();
    this.#later();
  }

  clear() {
    this.text = "";
    this.#ended = false;
    this.#stream = null;
    this.#tailAt = 0;
    this.#element.replaceChildren();
  }

  /**
   * Work until a time (`performance.now()`). Returns whether there is more to do.
   * @param {number} until
   */
  work(until) {
    if (this.text === "") return false;
    if (!engine) {
      this.#waitForEngine();
      return false;
    }
    const stream = this.#stream ?? this.#start(engine);
    for (let more = true; more;) {
      more = stream.step();
      if (more && performance.now() > until) return true;
    }
    const began = performance.now();
    if (began < this.#tailAt && !this.#ended) return true;
    stream.tail();
    this.#tailAt = performance.now() + REST * (performance.now() - began);
    return false;
  }

  grown() {
    this.#element.dispatchEvent(new Event("grown", { bubbles: true }));
  }

  /** @param {typeof import("./engine.js")} engine */
  #start({ Stream, PageParts }) {
    this.#element.replaceChildren();
    this.#element.classList.remove("plain");
    this.#stream = new Stream(new PageParts(this.#element));
    this.#stream.push(this.text);
    if (this.#ended) this.#stream.end();
    return this.#stream;
  }

  /** @param {string} text */
  #showPlain(text) {
    this.#element.classList.add("plain");
    if (text) this.#element.append(text);
  }

  #waitForEngine() {
    if (this.#isLoading) return;
    this.#isLoading = true;
    void loading.then((loaded) => loaded && this.#later());
  }

  #later() {
    waiting.add(this);
    work();
  }
}
