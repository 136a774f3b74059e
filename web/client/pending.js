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
        for (const [id, open] of this.#open) if (callOf(open) === event.id) this.#open.delete(id);
        break;
      default:
        if (isTerminal(event)) this.#open.clear();
    }
  }

  /**
   * The id of the confirmation that has waited longest.
   * @param {string} [tool] The name of the tool that it is about; default: any.
   */
  confirmation(tool) {
    for (const [id, event] of this.#open) {
      if (event.type === "tool_confirmation" && (tool === undefined || event.name === tool)) return id;
    }
    return undefined;
  }

  /** @param {string | undefined} id Of the event that was answered. */
  settle(id) {
    if (id !== undefined) this.#open.delete(id);
  }
}

/**
 * The id of the call that a confirmation is about.
 * @param {Event} event
 */
function callOf(event) {
  return event.type === "tool_confirmation" ? (event.call_id ?? event.id) : undefined;
}
