import { codeBox, fillCode } from "../code-box.js";
import { make } from "../dom.js";
import { isLong, pretty, shortened, tokensOf } from "../pretty.js";
import { label as named, oddCharacters } from "../visible.js";
import { QuestionView } from "./question-view.js";

/** @typedef {import("../../sparewheel.js").Confirmation} Confirmation */

/** The runtime's `approvalTimeout`, which the page leaves as it is. */
const SECONDS = 300;
let made = 0;

/**
 * Ask whether a tool call may run.
 * @param {{id: string, name: string, args: string, forced?: boolean}} call `forced`: the next call is asked about in any
 *   case, so nothing permanent is offered.
 * @param {(confirmation: Confirmation) => Promise<unknown>} confirm
 */
export function approval({ id, name, args, forced }, confirm) {
  const reason = make("input");
  reason.id = `reason-${++made}`;
  reason.autocomplete = "off";
  const label = make("label", { text: "Reason, if you don't allow it (the model is told)" });
  label.htmlFor = reason.id;
  const shown = new ArgumentsView(args);
  const question = new QuestionView(`May the agent run ${named(name)}?`, ...shown.elements);
  const allow = (/** @type {Confirmation} */ decision) => confirm({ id, ...decision, ...shown.changed });
  question.button("Allow once", () => allow({ decision: "approve" }), { class: "primary" });
  if (!forced) {
    const always = `Always allow ${named(name)} in this chat`;
    question.button(always, () => allow({ decision: "approve_tool", toolName: name }));
    question.button("Allow everything in this chat", () => allow({ decision: "approve_all" }));
  }
  const reject = () => confirm({ id, decision: "reject", ...(reason.value.trim() && { reason: reason.value.trim() }) });
  // It submits, so that Enter in the reason means what stands beside it.
  const button = question.button("Don't allow", reject, { submits: true, class: "danger" });
  button.before(make("div", { class: "reason-field" }, label, reason));
  question.countDown(SECONDS);
  return question;
}

/** The arguments that will run, all of them: nothing is cut without a button that shows the rest. They can be edited. */
class ArgumentsView {
  #args;
  /** @type {HTMLTextAreaElement | null} */
  #editor = null;
  #written = "";
  /** @type {HTMLElement[]} */
  elements = [];

  /** @param {string} args JSON text. */
  constructor(args) {
    this.#args = args;
    const box = codeBox("Arguments", shortened(args));
    const tools = make("div", { class: "argument-tools" });
    if (isLong(args)) {
      const more = plainButton(`Show all ${args.length} characters`, () => {
        fillCode(box, pretty(args));
        more.remove();
        box.focus();
      });
      tools.append(more);
    }
    if (tokensOf(args)) tools.append(plainButton("Edit the arguments", () => this.#edit(box, tools, pretty(args))));
    this.elements.push(box, tools);
    const odd = oddCharacters(args);
    if (odd.length) {
      const text = `Shown as \\u…, because they cannot be seen or look like other letters: ${odd.join(", ")}.`;
      this.elements.push(make("p", { class: "odd-characters", text }));
    }
  }

  /** What the user has changed, for `confirm`. @returns {{arguments?: string}} */
  get changed() {
    const text = this.#editor?.value ?? this.#written;
    return text === this.#written ? {} : { arguments: text };
  }

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} tools
   * @param {string} text
   */
  #edit(box, tools, text) {
    const editor = make("textarea", { class: "argument-editor" });
    Object.assign(editor, { rows: Math.min(12, text.split("\n").length + 1), spellcheck: false, ariaLabel: "Arguments" });
    editor.value = text;
    this.#written = editor.value;
    this.#editor = editor;
    box.replaceWith(editor);
    const undo = plainButton("Undo the changes", () => {
      this.#editor = null;
      editor.replaceWith(box);
      tools.replaceChildren(plainButton("Edit the arguments", () => this.#edit(box, tools, pretty(this.#args))));
      box.focus();
    });
    tools.replaceChildren(undo);
    editor.focus();
  }
}

/**
 * @param {string} text
 * @param {() => void} act
 */
function plainButton(text, act) {
  const button = make("button", { text, class: "show-all" });
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}
