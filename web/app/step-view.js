import { make } from "./dom.js";
import { GrowingText } from "./growing-text.js";
import { mediaView } from "./media-view.js";
import { SourcesView } from "./sources-view.js";

/** How long discarded text stays visible; the animation in chain.css takes as long. */
const GHOST_MS = 1600;

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
  #content = new GrowingText(this.answer);
  #reasoning = new GrowingText(this.#thoughts);

  constructor() {
    this.element.append(this.#notes, this.answer, this.sources.element, this.calls);
  }

  /** @param {string} text */
  note(text) {
    this.#notes.append(make("p", { text }));
  }

  /** The lengths of the text and of the reasoning that are shown. */
  get lengths() {
    return { text: this.#content.length, reasoning: this.#reasoning.length };
  }

  /** @param {Extract<import("../sparewheel.js").Event, {type: "media"}>} event */
  show(event) {
    const view = mediaView(event, this.#media.length + 1);
    this.#media.push({ attempt: event.attempt, view });
    this.sources.element.before(view);
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
    this.#content.append(text);
    if (reasoning && !this.#thoughts.parentNode) this.answer.before(this.#thoughts);
    this.#reasoning.append(reasoning);
  }

  /**
   * Discarded text leaves the answer at once and is shown struck out for a moment.
   * @param {{text: string, reasoning: string}} kept What remains.
   */
  discard(kept) {
    const texts = [without(this.#content.text, kept.text), without(this.#reasoning.text, kept.reasoning)];
    const ghost = make("div", { class: "ghost" }, ...texts.map((text) => make("div", { text })));
    ghost.setAttribute("aria-hidden", "true");
    this.answer.before(ghost);
    setTimeout(() => ghost.remove(), GHOST_MS);
    this.#content.clear();
    this.#reasoning.clear();
    this.append(kept);
  }
}

/**
 * @param {string} text
 * @param {string} start
 */
function without(text, start) {
  return text.startsWith(start) ? text.slice(start.length) : text;
}
