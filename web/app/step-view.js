import { make } from "./dom.js";
import { GrowingText } from "./growing-text.js";

/** How long void text stays to be seen; the animation in chain.css is as long. */
const VOID_MS = 1600;

/** What one step of a turn has said, attempt by attempt, and below it the calls it made. */
export class StepView {
  element = make("div", { class: "step" });
  answer = make("div", { class: "answer" });
  /** The calls it made, for whoever shows them. */
  calls = make("div", { class: "calls" });
  #notes = make("div", { class: "notes" });
  /** @type {Map<string, GrowingText>} By attempt and what it is. */
  #texts = new Map();
  /** @type {HTMLElement | null} */
  #thinking = null;

  constructor() {
    this.element.append(this.#notes, this.answer, this.calls);
  }

  /** @param {string} text */
  note(text) {
    this.#notes.append(make("p", { text }));
  }

  /**
   * @param {number} attempt
   * @param {"content" | "reasoning"} what
   * @param {string} text
   */
  append(attempt, what, text) {
    const key = `${attempt} ${what}`;
    let growing = this.#texts.get(key);
    if (!growing) {
      growing = new GrowingText();
      this.#texts.set(key, growing);
      (what === "content" ? this.answer : this.#thoughts()).append(growing.element);
    }
    growing.append(text);
  }

  flush() {
    for (const text of this.#texts.values()) text.flush();
  }

  /**
   * What an attempt has shown is void: strike it, and let it go. It leaves the answer at once.
   * @param {number} attempt
   */
  discard(attempt) {
    const ghost = make("div", { class: "ghost" });
    for (const what of ["content", "reasoning"]) {
      const text = this.#texts.get(`${attempt} ${what}`);
      text?.flush();
      if (text) ghost.append(text.element);
      this.#texts.delete(`${attempt} ${what}`);
    }
    ghost.setAttribute("aria-hidden", "true");
    this.answer.before(ghost);
    setTimeout(() => ghost.remove(), VOID_MS);
  }

  #thoughts() {
    if (!this.#thinking) {
      this.#thinking = make("details", { class: "thoughts" }, make("summary", { text: "Reasoning" }));
      this.answer.before(this.#thinking);
    }
    return this.#thinking;
  }
}
