import { createTranscript } from "../sparewheel.js";
import { make } from "./dom.js";
import { StepView } from "./step-view.js";

/** @typedef {import("../sparewheel.js").Event} Event */

/** The steps of an agent in a turn. Their text is what the public reducer folds from the events. */
export class StepsView {
  element = make("div", { class: "steps" });
  transcript = createTranscript();
  /** The last step. */
  step = this.#add();

  /** @param {Event} event One of this agent, not of a sub-agent. */
  push(event) {
    if (event.type === "step" || event.type === "discard") this.flush(); // the text is not in the transcript after it
    this.transcript.push(event);
    if (event.type === "step") this.step = this.#add();
    if (event.type === "media") this.step.show(event);
    if (event.type === "annotation") this.step.sources.add(event);
    if (event.type === "discard") this.step.hide(event.attempt);
    if (event.type === "discard") this.step.discard(this.transcript.added({ text: 0, reasoning: 0 }));
  }

  /** Show what has been streamed since the last time. */
  flush() {
    this.step.append(this.transcript.added(this.step.lengths));
  }

  #add() {
    const step = new StepView();
    this.element.append(step.element);
    return step;
  }
}
