import { CallsView } from "./calls-view.js";
import { make, perFrame } from "./dom.js";
import { StepsView } from "./steps-view.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").AttemptRecord} AttemptRecord
 * @typedef {{message: string, hint: string, attempts: AttemptRecord[]}} Failure
 */

/** One turn of the conversation: the prompt, the steps with their tool calls, and the outcome. */
export class TurnView {
  element = make("article", { class: "turn" });
  #steps = new StepsView();
  #outcome = make("p", { class: "outcome" });
  #calls;
  #ask;

  /**
   * @param {HTMLElement} transcript
   * @param {string} prompt
   * @param {() => void} onGrown
   * @param {import("./calls-view.js").Answers} answers
   */
  constructor(transcript, prompt, onGrown, answers) {
    this.#calls = new CallsView(this.#steps, answers);
    this.element.append(
      make("h3", { class: "unseen", text: "You" }),
      make("p", { class: "said", text: prompt }),
      make("h3", { class: "unseen", text: "Answer" }),
      this.#steps.element,
      this.#outcome,
    );
    this.#markAnswer();
    transcript.append(this.element);
    this.#busy(true);
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

  /** @param {Event} event */
  push(event) {
    this.#calls.push(event);
    this.#steps.push(event);
    if (event.task === undefined) this.#own(event);
    this.#ask();
  }

  /** @param {Event} event One that is no sub-agent's. */
  #own(event) {
    switch (event.type) {
      case "step":
        this.#markAnswer();
        break;
      case "discard":
        this.#note(`Attempt ${event.attempt} failed mid-answer; its ${event.chars} characters were discarded.`);
        break;
      case "compacted":
        this.#note(`The conversation was too long for ${event.model}: ${event.dropped} messages were left out.`);
        break;
      case "offline":
        this.#note(`You are offline: ${event.model} is asked when the network is back.`);
        break;
      case "resumed":
        this.#note(`The connection to ${event.model} broke; its answer goes on where it stopped.`);
        break;
      case "recovered":
        this.#note(`${event.model} answers again.`);
        break;
      case "warning":
        this.#note(event.message);
        break;
      case "finish":
        this.#end(finished(event, this.transcript.snapshot()));
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
  fail({ message, hint, attempts }) {
    this.#calls.close();
    this.#busy(false);
    const box = make("div", { class: "failure" }, make("p", { class: "message", text: message }));
    box.setAttribute("role", "alert");
    if (hint) box.append(make("p", { text: hint }));
    const reasons = reasonsOf(attempts);
    if (reasons.length > 1) box.append(make("ul", {}, ...reasons.map((text) => make("li", { text }))));
    this.#outcome.replaceWith(box);
    this.#ask();
  }

  /** The turn was given up before it had begun. */
  stopped() {
    this.#end("Stopped");
  }

  /** The text of the last step is the answer. */
  #markAnswer() {
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
 * Why each attempt failed; one line for those that failed alike.
 * @param {AttemptRecord[]} attempts
 */
function reasonsOf(attempts) {
  /** @type {Map<string, number>} */
  const times = new Map();
  for (const { outcome, model, message, kind } of attempts) {
    const reason = `${model}: ${message ?? kind}`;
    if (outcome === "failed") times.set(reason, (times.get(reason) ?? 0) + 1);
  }
  return [...times].map(([reason, count]) => (count > 1 ? `${reason} (${count} times)` : reason));
}

/**
 * @param {Extract<Event, {type: "finish"}>} event
 * @param {import("../sparewheel.js").Folded} folded
 */
function finished({ model, reason, empty }, { attempts, usage }) {
  const parts = [model];
  if (attempts.some(({ state }) => state !== "answered")) parts.push(`${attempts.length} attempts`);
  if (usage?.output_tokens) parts.push(`${usage.output_tokens} tokens`);
  if (reason !== "stop") parts.push(`ended early: ${reason}`);
  if (empty) parts.push("no text");
  return parts.join(" · ");
}
