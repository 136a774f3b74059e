import { isTerminal } from "../predicates.js";

/** @typedef {import("../events.js").Event} Event */

/** The events of a turn that wait for an answer of the user, in order. */
export class Pending {
  /** @type {Map<string, Event>} */
  #open = new Map();

  /** @returns {Event[]} */
  get events() {
    return [...this.#open.values()];
  }

  /** @param {Event} event */
  add(event) {
    switch (event.type) {
      case "tool_confirmation":
      case "elicitation":
        this.#open.set(event.id, event);
        break;
      case "tool_result":
      case "tool_blocked":
        this.#open.delete(event.id);
        break;
      default:
        if (isTerminal(event)) this.#open.clear();
    }
  }

  /** @param {string | undefined} id Of the event that was answered; default: the oldest. */
  settle(id) {
    const [oldest] = this.#open.keys();
    this.#open.delete(id ?? oldest ?? "");
  }
}
