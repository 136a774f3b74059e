// The card of a call of the code tool: the code, what it prints, its result, and runs of one's own, which the model does not
// see. Loaded when such a card is opened.

import "../shared.js";
import { make } from "../dom.js";
import { visible } from "../visible.js";
import { button, outputBox, section, textParts } from "./code-parts.js";
import { OwnRun } from "./own-run.js";
import { linesIn } from "./result-parts.js";

/**
 * @typedef {import("../calls-view.js").RunCode} RunCode
 * @typedef {typeof import("../answer/engine.js")} Engine
 *
 * @typedef {object} Shown What has come of the call.
 * @property {import("../tool-card.js").CardState} state
 * @property {string} output What it has printed.
 * @property {string} result As the model got it.
 * @property {boolean} callsTools Whether the code has called tools of the agent.
 */

const CONFINED = "This code runs in a frame without network, storage or keys: nothing to approve.";
const TOOLS = "The tools that it calls need your approval as usual.";
const MAX_NUMBERED = 5_000; // lines

export class CodeView {
  element = make("div", { class: "code-call" });
  #engine;
  #numbers;
  #printed = section("Output");
  #output = outputBox(this.#printed);
  #printedChars = 0;
  #result = section("Result, as the model got it");
  #shownResult = "";
  #note = make("p", { class: "note" });
  #isConfined;
  #code;
  #run;
  #own = make("div", { class: "own-runs" });
  #again = button("Run again", () => void this.#start(this.#code));
  /** @type {HTMLTextAreaElement | null} With the code as it was edited. */
  #editor = null;
  /** @type {AbortController | null} Of the own run that has not ended. */
  #running = null;

  /**
   * @param {string} code
   * @param {{engine: Engine, isConfined: boolean, run: RunCode}} parts `isConfined`: it is the sandbox that runs it.
   */
  constructor(code, { engine, isConfined, run }) {
    this.#code = code;
    this.#run = run;
    this.#engine = engine;
    const { box, numbers } = codeLines(code, engine);
    this.#numbers = numbers;
    this.#printed.hidden = this.#result.hidden = true;
    this.#isConfined = isConfined;
    const actions = make(
      "div",
      { class: "code-actions" },
      this.#again,
      button("Edit and run", () => this.#edit()),
    );
    this.element.append(this.#note, box, this.#printed, this.#result, actions, this.#own);
  }

  /** @param {Shown} shown */
  update({ state, output, result, callsTools }) {
    const notes = [...(this.#isConfined ? [CONFINED] : []), ...(callsTools ? [TOOLS] : [])];
    this.#note.textContent = notes.join(" ");
    this.#note.hidden = notes.length === 0;
    this.#output.append(visible(output.slice(this.#printedChars)));
    this.#printedChars = output.length;
    this.#printed.hidden = output === "" || result !== "";
    if (result === this.#shownResult) return;
    this.#shownResult = result;
    const [title] = this.#result.children;
    this.#result.replaceChildren(...(title ? [title] : []), ...textParts("Result", result, this.#engine));
    this.#result.hidden = result === "";
    if (state === "failed") this.#mark(linesIn(result, this.#numbers.length));
  }

  /** @param {Set<number>} lines That an error names. */
  #mark(lines) {
    this.#numbers.forEach((number, at) => number.classList.toggle("at-fault", lines.has(at + 1)));
  }

  #edit() {
    if (this.#editor) {
      this.#editor.focus();
      return;
    }
    const editor = make("textarea", { class: "argument-editor" });
    Object.assign(editor, { value: this.#code, spellcheck: false, ariaLabel: "Code to run", wrap: "off" });
    editor.rows = Math.min(16, Math.max(4, this.#code.split("\n").length + 1));
    const start = () => void this.#start(editor.value);
    const close = () => {
      this.#editor = null;
      form.remove();
      this.#again.focus();
    };
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
    });
    const buttons = make("div", { class: "code-actions" }, button("Run", start), button("Discard", close));
    const form = make("div", { class: "code-editor" }, editor, buttons);
    this.#editor = editor;
    this.#own.before(form);
    editor.focus();
  }

  /** @param {string} code */
  async #start(code) {
    this.#running?.abort();
    const control = new AbortController();
    this.#running = control;
    const shown = new OwnRun(this.#engine, () => control.abort());
    this.#own.replaceChildren(shown.element);
    await shown.follow(this.#run(code, control.signal, ({ text }) => shown.print(text)));
    if (this.#running === control) this.#running = null;
  }
}

/**
 * Code with the numbers of its lines.
 * @param {string} code
 * @param {Engine} engine
 */
function codeLines(code, { CodeBlock }) {
  const block = new CodeBlock("language-python");
  block.append(code);
  block.highlight();
  const text = block.element.querySelector("pre");
  const numbers = code
    .replace(/\n$/, "")
    .split("\n", MAX_NUMBERED)
    .map((_, at) => make("span", { text: `${at + 1}\n` }));
  const column = make("div", { class: "line-numbers" }, ...numbers);
  column.ariaHidden = "true";
  const scroll = make("div", { class: "code-lines" }, column);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.ariaLabel = "Code, python";
  if (text) {
    text.replaceWith(scroll);
    text.removeAttribute("tabindex");
    text.removeAttribute("aria-label");
    scroll.append(text);
  }
  return { box: make("div", { class: "answer" }, block.element), numbers };
}
