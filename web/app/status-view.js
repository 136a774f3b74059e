/** @typedef {"booting" | "ready" | "running" | "done" | "error" | "stopped"} State */

const STAGES = ["worker", "check", "snapshot", "pyodide", "packages", "runtime"];

/** One line with the current state; screen readers announce it. */
export class StatusView {
  #line;
  #bar;

  /**
   * @param {HTMLElement} line
   * @param {HTMLProgressElement} bar
   */
  constructor(line, bar) {
    this.#line = line;
    this.#bar = bar;
  }

  /**
   * @param {State} state
   * @param {string} text
   */
  set(state, text) {
    this.#line.dataset["state"] = state;
    // The same text again would be announced again.
    if (this.#line.textContent !== text) this.#line.textContent = text;
    this.#bar.hidden = state !== "booting";
  }

  /** @param {import("../sparewheel.js").Progress} progress */
  progress({ stage, message, done, total }) {
    this.set("booting", `${message}…`);
    const within = done !== undefined && total ? done / total : 0;
    const value = (STAGES.indexOf(stage) + within) / STAGES.length;
    this.#bar.value = Math.max(this.#bar.value, value); // files that turn up later make the total larger
  }
}
