// What other folders use of this one: an answer as Markdown, while it is streamed or as it was stored.
//
//   const answer = new Answer(element)   answer.push(text) once a frame   answer.end()   answer.clear()
//   new Answer(element, {isHeld: true})  plain text until answer.release(): many of them take no longer than their text
//   finishAnswers()                      do all work now, before the page is printed
//
// The element holds the plain text until what renders it is loaded, and if it cannot be loaded. When the work of a later
// frame has changed the element, it gets the event "grown", which bubbles.

import { make, perFrame } from "../dom.js";
import { Budget } from "./budget.js";

/** Characters that are finished at once: the browser lays them out afterwards, which takes longer than rendering them. */
const SLICE_CHARS = 4_000;
/** Rendered once before there is an answer: the first time takes several times longer. */
const SAMPLE = ["# A\n\n**b** [c](https://d.test)\n\n", "- e `f`\n- g\n\n", "| h | i |\n|--|--|\n| j | k |\n\n", "```\nl\n```\n"];
/** What is not finished is rendered again after this many times what it took, so that it gets at most a sixth of the time. */
const REST = 5;
const MOST_REST_MS = 250; // the machine may have slept meanwhile

/** @type {typeof import("./engine.js") | null} */
let engine = null;
const loading = import("./engine.js").then(
  (loaded) => {
    engine = loaded;
    warmUp(loaded, [...SAMPLE]);
    return loaded;
  },
  () => null, // answers stay plain text
);

/** All answers share it. */
const budget = new Budget();
/** @type {Set<Answer>} What is to be worked on in the next frame: the latest first, because it is what is seen. */
const waiting = new Set();
const work = perFrame(() => {
  /** @type {Answer[]} */
  const changed = [];
  for (const answer of [...waiting].reverse()) {
    if (!budget.isLeft) break;
    changed.push(answer);
    waiting.delete(answer);
    if (budget.run((isSpent) => answer.work(isSpent))) waiting.add(answer);
  }
  budget.run(() => {
    for (const answer of changed) answer.grown();
    return false;
  });
  if (waiting.size > 0) work();
});

/** Render what is to be rendered, however long it takes. */
export function finishAnswers() {
  for (const answer of waiting) while (answer.work(() => false, Infinity));
}

/**
 * @param {Pick<typeof import("./engine.js"), "Stream" | "PageParts">} engine
 * @param {string[]} texts One a task.
 */
function warmUp({ Stream, PageParts }, texts) {
  const text = texts.shift();
  if (text === undefined) return;
  const stream = new Stream(new PageParts(make("div")));
  stream.push(text);
  stream.tail();
  stream.end();
  while (stream.step());
  setTimeout(() => warmUp({ Stream, PageParts }, texts));
}

export class Answer {
  text = "";
  #element;
  #ended = false;
  /** @type {import("./stream.js").Stream | null} */
  #stream = null;
  #tailAt = 0;
  #isLoading = false;
  #isHeld;

  /**
   * @param {HTMLElement} element An empty element for nothing else.
   * @param {{isHeld?: boolean}} [options] `isHeld`: it stays plain text until it is released.
   */
  constructor(element, { isHeld = false } = {}) {
    this.#element = element;
    this.#isHeld = isHeld;
  }

  /** @param {string} text What comes next, all of a frame at once. */
  push(text) {
    if (text === "") return;
    this.text += text;
    if (this.#stream) this.#stream.push(text);
    else this.#showPlain(text);
    if (!budget.isLeft) {
      this.#later();
      return;
    }
    const more = budget.run((isSpent) => {
      const isUnfinished = this.work(isSpent);
      this.grown();
      return isUnfinished;
    });
    if (more) this.#later();
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.end();
    this.#later();
  }

  /** It is seen, or is going to be. */
  release() {
    if (!this.#isHeld) return;
    this.#isHeld = false;
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
   * Work until `isSpent`. Returns whether there is more to do.
   * @param {() => boolean} isSpent
   * @param {number} [chars] That are finished at most, and the part in which they end.
   */
  work(isSpent, chars = SLICE_CHARS) {
    if (this.text === "" || this.#isHeld) return false;
    if (!engine) {
      this.#waitForEngine();
      return false;
    }
    const stream = this.#stream ?? this.#start(engine);
    const until = stream.finished + chars;
    while (stream.step()) if (isSpent() || stream.finished >= until) return true;
    const began = performance.now();
    if (began < this.#tailAt && !this.#ended) return true;
    stream.tail();
    const ended = performance.now();
    this.#tailAt = ended + Math.min(REST * (ended - began), MOST_REST_MS);
    return false;
  }

  /** Whatever scrolls with it makes the browser lay it out now: that is part of the work. */
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
