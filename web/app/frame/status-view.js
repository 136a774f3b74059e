import { label, visible } from "../visible.js";

/** @typedef {import("../workbench.js").Phase} Phase */

const STAGES = ["worker", "check", "snapshot", "pyodide", "packages", "runtime"];

/** One line with the current state, which screen readers announce, and a bar while the page starts. */
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
   * @param {Phase} phase
   * @param {string} text
   */
  set(phase, text) {
    this.#line.dataset["state"] = phase;
    // The same text again would be announced again.
    const shown = visible(text);
    if (this.#line.textContent !== shown) this.#line.textContent = shown;
    this.#bar.hidden = phase !== "booting";
  }

  /** @param {import("../../sparewheel.js").Progress} progress */
  progress({ stage, done, total }) {
    const within = done !== undefined && total ? done / total : 0;
    const value = (STAGES.indexOf(stage) + within) / STAGES.length;
    this.#bar.value = Math.max(this.#bar.value, value); // files that turn up later make the total larger
  }
}

/**
 * What an event means for the turn, in a few words; null if it changes nothing that a reader must know at once.
 * @param {import("../../sparewheel.js").Event} event
 * @returns {string | null}
 */
export function statusOf(event) {
  switch (event.type) {
    case "delta":
      return "Answering…";
    case "step":
      return "Asking…";
    case "connecting":
      return connecting(event.servers);
    case "tool_call":
      return `Running ${label(event.name)}…`;
    case "tool_confirmation":
      return `${label(event.name)} needs your approval`;
    case "elicitation":
      return "A question needs your answer";
    case "hedge":
      return `${label(event.from)} is slow; asking ${label(event.to)} as well`;
    case "offline":
      return "You are offline; waiting for the network…";
    case "resumed":
      return `Reconnected to ${label(event.model)}`;
    case "retry":
      return `${label(event.model)} failed; asking it again`;
    case "fallback":
      return `${label(event.from)} failed; asking ${label(event.to)}`;
    case "finish":
      return `Answered by ${label(event.model)}`;
    default:
      return null;
  }
}

/** @param {readonly string[]} servers Names. */
function connecting([first, ...others]) {
  if (first === undefined) return "Asking…";
  return `Connecting to ${label(first)}${others.length ? ` and ${others.length} more` : ""}…`;
}
