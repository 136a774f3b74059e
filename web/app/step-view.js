import { Answer } from "./answer/answer.js";
import { copyButton } from "./answer/copy.js";
import { AttemptsView } from "./chain/attempts-view.js";
import { make } from "./dom.js";
import { GrowingText } from "./growing-text.js";
import { mediaView } from "./media-view.js";
import { SourcesView } from "./sources-view.js";

/** One step of a turn: its text and, below it, its tool calls. */
export class StepView {
  element = make("div", { class: "step" });
  answer = make("div", { class: "answer" });
  /** The place for the tool calls. */
  calls = make("div", { class: "calls" });
  sources = new SourcesView();
  /** @type {{attempt: number, view: HTMLElement}[]} */
  #media = [];
  #notes = make("div", { class: "notes" });
  #thoughts = make("details", { class: "thoughts" }, make("summary", { text: "Reasoning" }));
  #content;
  #copy = copyButton("Copy answer", () => this.#content.text);
  #reasoning = new GrowingText(this.#thoughts);

  /**
   * @param {import("./chain/models.js").Models} models
   * @param {boolean} isPast Its text is plain until it is revealed.
   */
  constructor(models, isPast) {
    this.#content = new Answer(this.answer, { isHeld: isPast });
    this.attempts = new AttemptsView(models);
    const { element, below } = this.attempts;
    this.#copy.hidden = true;
    this.element.append(element, this.#notes, this.answer, this.#copy, below, this.calls, this.sources.element);
  }

  /** @param {string} text */
  note(text) {
    this.#notes.append(make("p", { text }));
  }

  /** The lengths of the text and of the reasoning that are shown. */
  get lengths() {
    return { text: this.#content.text.length, reasoning: this.#reasoning.length };
  }

  /** @param {Extract<import("../sparewheel.js").Event, {type: "media"}>} event */
  show(event) {
    const view = mediaView(event, this.#media.length + 1);
    this.#media.push({ attempt: event.attempt, view });
    this.attempts.below.before(view);
  }

  /**
   * The media and annotations of an attempt are void.
   * @param {number} attempt
   */
  hide(attempt) {
    this.sources.discard(attempt);
    for (const { view } of this.#media.filter((each) => each.attempt === attempt)) view.remove();
    this.#media = this.#media.filter((each) => each.attempt !== attempt);
  }

  /** @param {{text: string, reasoning: string}} added What comes after the text and the reasoning that are shown. */
  append({ text, reasoning }) {
    this.#content.push(text);
    this.#copy.hidden = this.#content.text === "";
    if (reasoning && !this.#thoughts.parentNode) this.answer.before(this.#thoughts);
    this.#reasoning.append(reasoning);
  }

  /** Nothing comes after this. */
  end() {
    this.#content.end();
  }

  reveal() {
    this.#content.release();
  }

  /**
   * Discarded text leaves the answer at once; the line of its attempt has it.
   * @param {{text: string, reasoning: string}} kept What remains.
   */
  discard(kept) {
    this.#content.clear();
    this.#reasoning.clear();
    this.append(kept);
  }
}
