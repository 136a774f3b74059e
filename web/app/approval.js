import { make } from "./dom.js";
import { pretty, shortened } from "./pretty.js";
import { QuestionView } from "./question-view.js";

/** @typedef {import("../sparewheel.js").Confirmation} Confirmation */

let made = 0;

/**
 * Ask whether a tool call may run.
 * @param {{id: string, name: string, args: string}} call
 * @param {(confirmation: Confirmation) => Promise<unknown>} confirm
 */
export function approval({ id, name, args }, confirm) {
  const shown = make("pre", { text: shortened(pretty(args)) });
  shown.tabIndex = 0;
  shown.setAttribute("aria-label", "Arguments");
  const reason = make("input");
  reason.id = `reason-${++made}`;
  reason.autocomplete = "off";
  const label = make("label", { text: "Reason, if you reject it (the model is told)" });
  label.htmlFor = reason.id;
  const question = new QuestionView(`May the agent run ${name}?`, shown);
  question.button("Approve", () => confirm({ id, decision: "approve" }), { class: "primary" });
  question.button("Approve this tool", () => confirm({ id, decision: "approve_tool", toolName: name }));
  question.button("Approve read-only", () => confirm({ id, decision: "approve_read_only" }));
  question.button("Approve all", () => confirm({ id, decision: "approve_all" }));
  const reject = () => confirm({ id, decision: "reject", ...(reason.value.trim() && { reason: reason.value.trim() }) });
  // It submits, so that Enter in the reason means what stands beside it.
  const button = question.button("Reject", reject, { submits: true, class: "danger" });
  button.before(make("div", { class: "reason-field" }, label, reason));
  return question;
}
