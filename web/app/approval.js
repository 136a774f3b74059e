import { codeBox, fillCode } from "./code-box.js";
import { make } from "./dom.js";
import { isLong, pretty, shortened } from "./pretty.js";
import { QuestionView } from "./question-view.js";
import { oddCharacters, visible } from "./visible.js";

/** @typedef {import("../sparewheel.js").Confirmation} Confirmation */

let made = 0;

/**
 * Ask whether a tool call may run.
 * @param {{id: string, name: string, args: string}} call
 * @param {(confirmation: Confirmation) => Promise<unknown>} confirm
 */
export function approval({ id, name, args }, confirm) {
  const reason = make("input");
  reason.id = `reason-${++made}`;
  reason.autocomplete = "off";
  const label = make("label", { text: "Reason, if you reject it (the model is told)" });
  label.htmlFor = reason.id;
  const question = new QuestionView(`May the agent run ${visible(name)}?`, ...argumentsOf(args));
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

/**
 * What will run, all of it: nothing is cut without a button that shows the rest.
 * @param {string} args JSON text.
 * @returns {HTMLElement[]}
 */
function argumentsOf(args) {
  const all = pretty(args);
  const box = codeBox("Arguments", shortened(all));
  /** @type {HTMLElement[]} */
  const parts = [box];
  if (isLong(all)) {
    const more = make("button", { text: `Show all ${all.length} characters`, class: "show-all" });
    more.type = "button";
    more.addEventListener("click", () => {
      fillCode(box, all);
      more.remove();
      box.focus();
    });
    parts.push(more);
  }
  const odd = oddCharacters(args);
  if (odd.length) {
    const text = `Shown as \\u…, because they cannot be seen or look like other letters: ${odd.join(", ")}.`;
    parts.push(make("p", { class: "odd-characters", text }));
  }
  return parts;
}
