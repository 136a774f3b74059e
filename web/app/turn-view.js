import { CallsView } from "./calls-view.js";
import { make, perFrame } from "./dom.js";
import { StepView } from "./step-view.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").AttemptRecord} AttemptRecord
 * @typedef {{message: string, hint: string, attempts: AttemptRecord[]}} Failure
 */

/** One turn of the transcript: the prompt, what each step says and calls, and what became of it. */
export class TurnView {
  element = make("article", { class: "turn" });
  #steps = make("div", { class: "steps" });
  #outcome = make("p", { class: "outcome" });
  #step = new StepView();
  #calls;
  #attempts = 1;
  #tokens = 0;
  #ask;

  /**
   * @param {HTMLElement} transcript
   * @param {string} prompt
   * @param {() => void} onGrown
   * @param {import("./calls-view.js").Answers} answers
   */
  constructor(transcript, prompt, onGrown, answers) {
    this.#calls = new CallsView(this.#step.calls, answers);
    this.element.append(
      make("h3", { class: "unseen", text: "You" }),
      make("p", { class: "said", text: prompt }),
      make("h3", { class: "unseen", text: "Answer" }),
      this.#steps,
      this.#outcome,
    );
    this.#show(this.#step);
    transcript.append(this.element);
    this.#busy(true);
    this.#ask = perFrame(() => {
      this.#step.flush();
      this.#calls.flush();
      onGrown();
    });
    this.#ask();
  }

  /** @param {Event} event */
  push(event) {
    this.#calls.push(event);
    if (event.task === undefined) this.#own(event);
    else if (event.type === "usage") this.#tokens += event.output_tokens ?? 0;
    this.#ask();
  }

  /** @param {Event} event One that is no sub-agent's. */
  #own(event) {
    switch (event.type) {
      case "step":
        this.#next();
        break;
      case "delta":
        if (event.content) this.#step.append(event.attempt, "content", event.content);
        if (event.reasoning) this.#step.append(event.attempt, "reasoning", event.reasoning);
        break;
      case "retry":
      case "fallback":
      case "hedge":
        this.#attempts = event.attempt;
        break;
      case "discard":
        this.#step.note(`Attempt ${event.attempt} broke off after ${event.chars} characters; they are void.`);
        this.#step.discard(event.attempt);
        break;
      case "compacted":
        this.#step.note(`The conversation was too long for ${event.model}: ${event.dropped} messages were left out.`);
        break;
      case "recovered":
        this.#step.note(`${event.model} answers again.`);
        break;
      case "warning":
        this.#step.note(event.message);
        break;
      case "usage":
        this.#tokens += event.output_tokens ?? 0;
        break;
      case "finish":
        this.#end(finished(event, this.#attempts, this.#tokens));
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
   * Say why there is no answer, and what can be done about it.
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

  /** The next step says something new. */
  #next() {
    this.#step.flush();
    this.#step = new StepView();
    this.#calls.into(this.#step.calls);
    this.#show(this.#step);
  }

  /** @param {StepView} step The one whose text is the answer, if it is the last. */
  #show(step) {
    document.getElementById("answer")?.removeAttribute("id");
    step.answer.id = "answer";
    this.#steps.append(step.element);
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
 * @param {number} attempts
 * @param {number} tokens
 */
function finished({ model, reason, empty }, attempts, tokens) {
  const parts = [model];
  if (attempts > 1) parts.push(`${attempts} attempts`);
  if (tokens > 0) parts.push(`${tokens} tokens`);
  if (reason !== "stop") parts.push(`ended early: ${reason}`);
  if (empty) parts.push("no text");
  return parts.join(" · ");
}
