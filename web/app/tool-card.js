import { codeBox } from "./code-box.js";
import { make } from "./dom.js";
import { inOneLine, shortened, shortenedText } from "./pretty.js";
import { StepsView } from "./steps-view.js";
import { label } from "./visible.js";

/** The tool that runs code. Others may have its name: only the event of a call tells where it runs. */
const CODE_TOOL = "run_python";

/** @typedef {"written" | "waiting" | "running" | "asking" | "done" | "failed" | "blocked" | "dropped"} CardState */

/** @type {Record<CardState, string>} */
const WORDS = {
  written: "being written…",
  waiting: "waiting for its turn",
  running: "running…",
  asking: "needs your approval",
  done: "done",
  failed: "failed",
  blocked: "not run",
  dropped: "not run",
};

/** One tool call: a line that opens. Its content is created when it is opened, because a step may make 1,000 calls. */
export class ToolCard {
  element = make("details", { class: "tool" });
  /** Where questions about this call go. */
  questions = make("div", { class: "questions" });
  #preview = make("span", { class: "preview" });
  #status = make("span", { class: "tool-state" });
  #body = make("div", { class: "tool-body" });
  #args = "";
  #progress = "";
  #result = "";
  /** @type {StepsView | null} The steps of a sub-agent that works on this call. */
  #work = null;
  /** @type {string | null} That the call runs. */
  #code = null;
  #isSandboxed = false;
  #run;
  /** @type {Promise<import("./code/code-view.js").CodeView> | null} */
  #codeView = null;
  #written;
  #models;
  /** @type {CardState} */
  state = "written";

  /**
   * @param {string} name
   * @param {number} attempt The one that writes it.
   * @param {string | undefined} task The call within which a sub-agent makes it.
   * @param {() => string} written The arguments as far as they have been written.
   * @param {import("./chain/models.js").Models} models
   * @param {import("./calls-view.js").RunCode} run
   */
  constructor(name, attempt, task, written, models, run) {
    this.#models = models;
    this.#run = run;
    this.name = name;
    this.attempt = attempt;
    this.task = task;
    this.#written = written;
    const icon = make("span", { class: "tool-icon" });
    icon.setAttribute("aria-hidden", "true");
    this.element.append(
      make("summary", {}, icon, make("span", { class: "tool-name", text: label(name) }), this.#preview, this.#status),
      this.#body,
    );
    this.element.addEventListener("toggle", () => this.#fill());
    this.set("written");
  }

  /** Whether the call has ended. */
  get isOver() {
    return !["written", "waiting", "running", "asking"].includes(this.state);
  }

  /** @param {CardState} state */
  set(state) {
    this.state = state;
    this.element.dataset["state"] = state;
    this.#status.textContent = WORDS[state];
  }

  /**
   * @param {string} args JSON text.
   * @param {boolean} [isSandboxed] Whether it runs in the code sandbox.
   */
  call(args, isSandboxed = false) {
    this.#args = args;
    this.#code = this.name === CODE_TOOL ? codeIn(args) : null;
    this.#isSandboxed = isSandboxed;
    this.#preview.textContent = inOneLine(this.#code?.match(/\S.*/)?.[0] ?? args);
    if (this.state === "written") this.set("running");
    this.#fill();
  }

  /** It will not run. */
  drop() {
    if (this.state === "written") this.#args = this.#written();
    this.set("dropped");
  }

  /** @param {string} output */
  progress(output) {
    this.#progress += output;
    this.#status.textContent = inOneLine(output.trim().split("\n").at(-1) ?? "") || WORDS.running;
  }

  /** The steps of a sub-agent that works on this call. */
  get work() {
    if (!this.#work) {
      this.#work = new StepsView(this.#models);
      this.#fill();
    }
    return this.#work;
  }

  /**
   * @param {CardState} state
   * @param {string} result
   */
  end(state, result) {
    this.#result = result;
    this.set(state);
    this.#fill();
  }

  /** @param {HTMLElement} media One of its result, which is seen while the card is closed. */
  show(media) {
    this.questions.before(media);
  }

  /** Show what has come since the last time. */
  flush() {
    if (!this.element.open) return;
    this.#work?.flush();
    if (this.#codeView) void this.#showCode();
  }

  async #showCode() {
    this.#codeView ??= this.#loadCode();
    try {
      const view = await this.#codeView;
      view.update({ state: this.state, output: this.#progress, result: this.#result, callsTools: this.#work !== null });
    } catch {
      this.#codeView = this.#code = null; // it did not load: the card is like any other
      this.#fill();
    }
  }

  async #loadCode() {
    const [{ CodeView }, engine] = await Promise.all([import("./code/code-view.js"), import("./answer/engine.js")]);
    const view = new CodeView(this.#code ?? "", { engine, isConfined: this.#isSandboxed, run: this.#run });
    this.#body.replaceChildren(view.element);
    return view;
  }

  #fill() {
    if (!this.element.open) return;
    if (this.#code !== null) {
      void this.#showCode();
      return;
    }
    const args = this.state === "written" ? this.#written() : this.#args;
    const parts = [block("Arguments", shortened(args))];
    if (this.#work) {
      this.#work.flush();
      parts.push(make("div", {}, make("h4", { text: "Work" }), this.#work.element));
    }
    if (this.#progress) parts.push(block("Progress", shortenedText(this.#progress)));
    const title = this.state === "blocked" ? "Reason" : "Result";
    if (this.#result) parts.push(block(title, shortened(this.#result)));
    this.#body.replaceChildren(...parts);
  }
}

/**
 * @param {string} args JSON text.
 * @returns {string | null} null if there is no code in it.
 */
function codeIn(args) {
  try {
    const { code } = JSON.parse(args);
    return typeof code === "string" ? code : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function block(title, text) {
  return make("div", {}, make("h4", { text: title }), codeBox(title, text));
}
