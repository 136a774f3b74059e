import { make } from "../dom.js";
import { visible } from "../visible.js";
import { attemptWords, warningOf } from "./attempt-words.js";

/**
 * @typedef {import("../../sparewheel.js").FoldedAttempt} FoldedAttempt
 * @typedef {import("./models.js").Models} Models
 */

/** Further attempts of a step are counted, not shown. */
const MAX_ROWS = 50;
/** More of a discarded text is not shown. */
const MAX_CHARS = 20_000;

/** What became of each attempt of a step: one line each, with the discarded text inside. Nothing for a plain answer. */
export class AttemptsView {
  element = list();
  /** The attempts that went on from text that stays: below that text, so that it does not move. */
  below = list();
  #models;
  /** @type {Row[]} */
  #rows = [];
  #more = make("li");

  /** @param {Models} models */
  constructor(models) {
    this.#models = models;
  }

  /** @param {FoldedAttempt[]} attempts Those of the step, by number. */
  update(attempts) {
    if (!attempts.some(({ state }) => state === "failed") && attempts.length < 2) return;
    let place = this.element;
    for (const [index, attempt] of attempts.slice(0, MAX_ROWS).entries()) {
      const before = attempts[index - 1];
      if (before && isKept(before)) place = this.below;
      const row = (this.#rows[index] ??= new Row());
      row.update(attempt, before, this.#models);
      if (row.element.parentNode !== place) place.append(row.element);
    }
    const hidden = attempts.length - MAX_ROWS;
    if (hidden <= 0) return;
    this.#more.textContent = `and ${hidden} more attempts`;
    place.append(this.#more);
  }
}

function list() {
  const element = make("ol", { class: "attempts" });
  element.ariaLabel = "Attempts";
  return element;
}

/** @param {FoldedAttempt} attempt Whether it failed and its text stays. */
function isKept({ state, first_at, discarded }) {
  return state === "failed" && first_at !== null && !discarded;
}

/** One attempt. */
class Row {
  element = make("li", { class: "attempt" });
  #name = make("b");
  #text = make("span", { class: "what" });
  #aside = make("span");
  #figures = make("span", { class: "figures" }, this.#aside);
  #line = make("div", { class: "line" }, this.#name, " ", this.#text, " ", this.#figures);
  #shown = "";
  #isOpenable = false;

  constructor() {
    this.element.append(this.#line);
  }

  /**
   * @param {FoldedAttempt} attempt
   * @param {FoldedAttempt | undefined} before
   * @param {Models} models
   */
  update(attempt, before, models) {
    const { text, asides, tone } = attemptWords(attempt, before);
    const warning =
      before && before.model !== attempt.model ? warningOf(models.facts(before.model), models.facts(attempt.model)) : "";
    const what = warning ? `${text} (${visible(warning)})` : text;
    const aside = asides.join(" · ");
    const name = models.name(attempt.model);
    const shown = [name, what, aside, tone].join("\n");
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.element.dataset["tone"] = tone;
      this.#name.textContent = name;
      this.#text.textContent = what;
      this.#aside.textContent = aside;
    }
    if (attempt.discarded_output && !this.#isOpenable) this.#hold(attempt.discarded_output);
  }

  /** @param {{text: string, reasoning: string}} discarded It is shown when the line is opened. */
  #hold({ text, reasoning }) {
    this.#isOpenable = true;
    if (text === "" && reasoning === "") return;
    const show = make("span", { class: "show", text: "Show" });
    this.#figures.append(" ", show);
    const summary = make("summary", {}, ...this.#line.childNodes);
    const details = make("details", {}, summary);
    details.addEventListener("toggle", () => {
      show.textContent = details.open ? "Hide" : "Show";
      if (!details.open || details.childElementCount > 1) return;
      if (reasoning) details.append(passage("Its reasoning", reasoning));
      if (text) details.append(passage("Its text, which was discarded", text));
    });
    this.#line.replaceWith(details);
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function passage(title, text) {
  const body = make("p", { class: "void-text", text: text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text });
  body.dir = "auto";
  return make("div", {}, make("h4", { text: title }), body);
}
