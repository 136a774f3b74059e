// One turn of the conversation: the prompt, the steps with their tool calls, and the outcome.

import { CallsView } from "./calls-view.js";
import { finishWords } from "./chain/attempt-words.js";
import { failureWords } from "./chain/failures.js";
import { briefly } from "./composer/prompt-text.js";
import { said } from "./composer/said.js";
import { make, perFrame } from "./dom.js";
import { failureBox, failureParts } from "./frame/failure-view.js";
import { StepsView } from "./steps-view.js";
import { visible } from "./visible.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("./chain/failures.js").Failure} Failure
 */

/** Characters of the prompt in the heading of its turn. */
const MAX_HEADING = 80;

export class TurnView {
  element = make("article", { class: "turn" });
  #steps;
  #heading = make("h3", { class: "unseen", text: "Answer" });
  #outcome = make("p", { class: "outcome" });
  #calls;
  #ask;
  #isPast;

  /**
   * @param {HTMLElement} transcript
   * @param {import("../sparewheel.js").Prompt} prompt
   * @param {() => void} onGrown
   * @param {import("./calls-view.js").Answers} answers
   * @param {import("./chain/models.js").Models} models
   * @param {{isPast?: boolean}} [options] `isPast`: it is over, and shown again; its answer is plain text until `reveal`.
   */
  constructor(transcript, prompt, onGrown, answers, models, { isPast = false } = {}) {
    this.#steps = new StepsView(models, { isPast });
    this.#calls = new CallsView(this.#steps, answers);
    this.element.append(
      make("h2", { class: "unseen", text: headingOf(prompt) }),
      ...said(prompt),
      this.#heading,
      this.#steps.element,
      this.#outcome,
    );
    this.prompt = prompt;
    this.#isPast = isPast;
    this.#markAnswer();
    transcript.append(this.element);
    this.element.addEventListener("grown", onGrown);
    this.#busy(!isPast);
    this.#ask = perFrame(() => {
      this.#steps.flush();
      this.#calls.flush();
      onGrown();
    });
    this.#ask();
  }

  /** The reducer with this turn's events. */
  get transcript() {
    return this.#steps.transcript;
  }

  /** The answer is seen, or is going to be. */
  reveal() {
    this.#steps.reveal();
  }

  /** @param {HTMLElement} actions What can be done with the turn, which is over. */
  offer(actions) {
    this.element.append(actions);
  }

  /**
   * @param {Event} event
   * @param {number | null} [at] When it was shown, on any clock; null: not known.
   */
  push(event, at = Date.now()) {
    this.#calls.push(event);
    this.#steps.push(event, at);
    if (event.task === undefined) this.#own(event);
    this.#ask();
  }

  /** @param {Event} event One that is no sub-agent's. */
  #own(event) {
    switch (event.type) {
      case "start":
        if (event.resumed) this.#note("This turn was interrupted, and then went on.");
        break;
      case "step":
        this.#markAnswer();
        break;
      case "compacted":
        this.#note(`The conversation was too long for ${this.#name(event.model)}: ${event.dropped} messages were left out.`);
        break;
      case "offline":
        this.#note(`You are offline: ${this.#name(event.model)} is asked when the network is back.`);
        break;
      case "resumed":
        this.#note(`The connection to ${this.#name(event.model)} broke; its answer goes on where it stopped.`);
        break;
      case "recovered":
        this.#note(`${this.#name(event.model)} answers again.`);
        break;
      case "warning":
        this.#note(visible(event.message));
        break;
      case "finish":
        this.#heading.textContent = `Answer by ${this.#name(event.model)}`;
        this.#end(finishWords(this.transcript.snapshot(), (model) => this.#name(model), event.empty ?? false));
        break;
      case "aborted":
        this.#end("Stopped");
        break;
      case "error":
        this.fail(event);
        break;
    }
  }

  /**
   * Show why there is no answer, and what can be done about it.
   * @param {Failure} failure
   */
  fail(failure) {
    const { heading, hint, models } = failureWords(failure);
    this.#calls.close();
    this.#steps.end();
    this.#busy(false);
    const list = models.length > 0 ? [make("ul", {}, ...models.map((each) => this.#reason(each)))] : [];
    this.#outcome.replaceWith(failureBox({ message: heading, hint, kind: failure.kind }, ...list));
    this.#ask();
  }

  /** @param {ReturnType<typeof failureWords>["models"][number]} failed */
  #reason({ model, ...failed }) {
    return make("li", {}, make("b", { text: this.#name(model) }), ": ", ...failureParts(failed));
  }

  /** The turn was given up before it had begun. */
  stopped() {
    this.#end("Stopped");
  }

  /** @param {string} model */
  #name(model) {
    return this.#steps.models.name(model);
  }

  /** The text of the last step is the answer. */
  #markAnswer() {
    if (this.#isPast) return;
    document.getElementById("answer")?.removeAttribute("id");
    this.#steps.step.answer.id = "answer";
  }

  /** @param {string} text */
  #note(text) {
    this.#steps.step.note(text);
  }

  /** @param {string} outcome */
  #end(outcome) {
    this.#calls.close();
    this.#steps.end();
    this.#busy(false);
    this.#outcome.textContent = outcome;
    this.#ask();
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.element.setAttribute("aria-busy", String(busy));
  }
}

/**
 * For the list of headings that screen readers offer.
 * @param {import("../sparewheel.js").Prompt} prompt
 */
function headingOf(prompt) {
  const text = briefly(prompt, MAX_HEADING + 1).replace(/\s+/g, " ");
  return `You: ${visible(text.length > MAX_HEADING ? `${text.slice(0, MAX_HEADING)}…` : text)}`;
}
