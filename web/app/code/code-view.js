// The card of a call of the code tool: the code, what it prints, and its result. Loaded when such a card is opened.

import "../shared.js";
import { make } from "../dom.js";
import { visible } from "../visible.js";
import { outputBox, section, textParts } from "./code-parts.js";
import { linesIn } from "./result-parts.js";

/**
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

  /**
   * @param {string} code
   * @param {{engine: Engine, isConfined: boolean}} parts `isConfined`: it is the sandbox that runs it.
   */
  constructor(code, { engine, isConfined }) {
    this.#engine = engine;
    const { box, numbers } = codeLines(code, engine);
    this.#numbers = numbers;
    this.#printed.hidden = this.#result.hidden = true;
    this.#isConfined = isConfined;
    this.element.append(this.#note, box, this.#printed, this.#result);
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
