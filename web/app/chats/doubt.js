import { codeBox } from "../code-box.js";
import { make } from "../dom.js";
import { shortened } from "../pretty.js";
import { QuestionView } from "../asking/question-view.js";
import { label } from "../visible.js";

/**
 * Ask what becomes of a tool call that was cut off: it may have had its effect.
 * @param {{id: string, name: string, args: string}} call
 * @param {(id: string, decision: import("../../sparewheel.js").DoubtDecision) => Promise<unknown>} resolve
 */
export function doubt({ id, name, args }, resolve) {
  const tool = label(name);
  const why = make("p", { text: `The page went away while ${tool} was running. It may have been done, or not.` });
  const question = new QuestionView(`Was ${tool} done?`, why, codeBox("Arguments", shortened(args)));
  question.button("It was done", () => resolve(id, "done"), { class: "primary" });
  question.button("Run it again", () => resolve(id, "again"));
  question.button("Skip it", () => resolve(id, "skip"));
  return question;
}
