import { make, perFrame } from "./dom.js";
import { GrowingText } from "./growing-text.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").AttemptRecord} AttemptRecord
 * @typedef {{message: string, hint: string, attempts: AttemptRecord[]}} Failure
 */

/** How long void text stays to be seen; the animation in chain.css is as long. */
const VOID_MS = 1600;

/** One turn of the transcript: the prompt, the answer as it grows, and what became of it. */
export class TurnView {
  element = make("article", { class: "turn" });
  #notes = make("div", { class: "notes" });
  #answer = make("div", { class: "answer" });
  #outcome = make("p", { class: "outcome" });
  /** @type {Map<string, GrowingText>} The texts of the turn, by attempt and what they are. */
  #texts = new Map();
  /** @type {HTMLElement | null} */
  #thinking = null;
  #attempts = 1;
  #tokens = 0;
  #ask;

  /**
   * @param {HTMLElement} transcript
   * @param {string} prompt
   * @param {() => void} onGrown
   */
  constructor(transcript, prompt, onGrown) {
    document.getElementById("answer")?.removeAttribute("id");
    this.#answer.id = "answer";
    this.element.append(
      make("h3", { class: "unseen", text: "You" }),
      make("p", { class: "said", text: prompt }),
      make("h3", { class: "unseen", text: "Answer" }),
      this.#notes,
      this.#answer,
      this.#outcome,
    );
    transcript.append(this.element);
    this.#busy(true);
    this.#ask = perFrame(() => {
      for (const text of this.#texts.values()) text.flush();
      onGrown();
    });
    this.#ask();
  }

  /** @param {Event} event */
  push(event) {
    switch (event.type) {
      case "delta":
        if (event.content) this.#textOf(event.attempt, "content").append(event.content);
        if (event.reasoning) this.#textOf(event.attempt, "reasoning").append(event.reasoning);
        break;
      case "retry":
      case "fallback":
        this.#attempts = event.attempt;
        break;
      case "discard":
        this.#void(event.attempt, event.chars);
        break;
      case "warning":
        this.#note(event.message);
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
    this.#ask();
  }

  /**
   * Say why there is no answer, and what can be done about it.
   * @param {Failure} failure
   */
  fail({ message, hint, attempts }) {
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

  /**
   * @param {number} attempt
   * @param {"content" | "reasoning"} what
   */
  #textOf(attempt, what) {
    const key = `${attempt} ${what}`;
    let text = this.#texts.get(key);
    if (!text) {
      text = new GrowingText();
      this.#texts.set(key, text);
      (what === "content" ? this.#answer : this.#thoughts()).append(text.element);
    }
    return text;
  }

  #thoughts() {
    if (!this.#thinking) {
      this.#thinking = make("details", { class: "thoughts" }, make("summary", { text: "Reasoning" }));
      this.#answer.before(this.#thinking);
    }
    return this.#thinking;
  }

  /**
   * What an attempt has shown is void: strike it, and let it go. It leaves the answer at once.
   * @param {number} attempt
   * @param {number} chars
   */
  #void(attempt, chars) {
    const ghost = make("div", { class: "ghost" });
    for (const what of ["content", "reasoning"]) {
      const text = this.#texts.get(`${attempt} ${what}`);
      text?.flush();
      if (text) ghost.append(text.element);
      this.#texts.delete(`${attempt} ${what}`);
    }
    ghost.setAttribute("aria-hidden", "true");
    this.#note(`Attempt ${attempt} broke off after ${chars} characters; they are void.`);
    this.#answer.before(ghost);
    setTimeout(() => ghost.remove(), VOID_MS);
  }

  /** @param {string} text */
  #note(text) {
    this.#notes.append(make("p", { text }));
  }

  /** @param {string} outcome */
  #end(outcome) {
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
