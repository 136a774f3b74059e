import { createTranscript } from "../sparewheel.js";
import { make } from "./dom.js";
import { StepView } from "./step-view.js";

/** @typedef {import("../sparewheel.js").Event} Event */

/** Events that do not change what is shown of attempts; of the deltas of an attempt, the first one does. */
const STREAMED = ["delta", "tool_call_delta", "block_start", "block_end", "annotation"];

/** The steps of an agent in a turn. Their text is what the public reducer folds from the events. */
export class StepsView {
  element = make("div", { class: "steps" });
  transcript = createTranscript();
  /** @type {import("./chain/models.js").Models} */
  models;
  /** @type {StepView} The last step. */
  step;
  /** The attempt that streamed last. */
  #streaming = 0;
  #isChanged = false;
  #agent = "";
  #isPast;
  /** @type {StepView[]} */
  #held = [];

  /**
   * @param {import("./chain/models.js").Models} models
   * @param {{isPast?: boolean}} [options] `isPast`: their texts are plain until they are revealed.
   */
  constructor(models, { isPast = false } = {}) {
    this.models = models;
    this.#isPast = isPast;
    this.step = this.#add();
  }

  /**
   * @param {Event} event One of this agent, not of a sub-agent.
   * @param {number | null} [at] When it is shown, in milliseconds; null: not known.
   */
  push(event, at = Date.now()) {
    if (["start", "step", "discard"].includes(event.type)) this.flush(); // the text is not in the transcript after it
    const before = event.type === "step" || event.type === "start" ? this.transcript.snapshot() : null;
    this.transcript.push(event, at);
    this.#note(event);
    if (event.type === "start" && before) this.#goOn(before);
    if (event.type === "step" && event.step !== before?.step) {
      this.step.end();
      this.step = this.#add();
    }
    if (event.type === "media" && event.call_id === undefined) this.step.show(event);
    if (event.type === "annotation") this.step.sources.add(event);
    if (event.type === "discard") this.step.hide(event.attempt);
    if (event.type === "discard") this.step.discard(this.transcript.added({ text: 0, reasoning: 0 }));
  }

  /**
   * The turn goes on after what there was `before`: what an unfinished step has shown is void.
   * @param {import("../sparewheel.js").Folded} before
   */
  #goOn({ attempts }) {
    for (const { attempt, discarded } of this.transcript.snapshot().attempts) {
      if (!discarded || attempts.find((each) => each.attempt === attempt)?.discarded) continue;
      this.step.hide(attempt);
      this.step.discard({ text: "", reasoning: "" });
    }
  }

  /** Show what has been streamed since the last time. */
  flush() {
    this.step.append(this.transcript.added(this.step.lengths));
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const { attempts, step } = this.transcript.snapshot();
    const own = attempts.filter((attempt) => attempt.step === step);
    // No event names the model of a sub-agent's first attempt if that fails.
    this.step.attempts.update(own.map((attempt) => ({ ...attempt, model: attempt.model || this.#primary })));
  }

  /** @param {Event} event */
  #note(event) {
    this.#agent = event.agent ?? this.#agent;
    if (!STREAMED.includes(event.type)) this.#isChanged = true;
    else if ("attempt" in event && event.attempt !== undefined && event.attempt !== this.#streaming) {
      this.#streaming = event.attempt;
      this.#isChanged = true;
    }
  }

  /** The first model of the agent. */
  get #primary() {
    return this.models.chain(this.#agent)[0]?.model ?? "";
  }

  /** Nothing comes after this. */
  end() {
    this.flush();
    this.step.end();
  }

  /** The texts are seen, or are going to be. */
  reveal() {
    for (const step of this.#held.splice(0)) step.reveal();
  }

  #add() {
    const step = new StepView(this.models, this.#isPast);
    if (this.#isPast) this.#held.push(step);
    this.element.append(step.element);
    return step;
  }
}
