import { dollars } from "./words.js";

/** @typedef {import("../../sparewheel.js").Folded} Folded */

/** What a conversation has cost on this page. No DOM here. */
export class CostState {
  /** US dollars; null: nothing is known. @type {number | null} */
  #spent = null;
  #isPartial = false;

  /**
   * @param {Folded} folded A turn that is over.
   * @param {import("./models.js").Models} models
   */
  add({ cost, attempts }, models) {
    if (cost !== null) this.#spent = (this.#spent ?? 0) + cost;
    this.#isPartial ||= attempts.some((each) => each.usage !== null && each.cost === null && !models.facts(each.model)?.local);
  }

  /**
   * @param {Folded | null} running The turn that runs.
   * @returns {string[]} No words if no cost is known.
   */
  words(running) {
    const [before, now] = [this.#spent, running?.cost ?? null];
    if (before === null && now === null) return [];
    return [`${this.#isPartial ? "over " : ""}${dollars((before ?? 0) + (now ?? 0))}`];
  }
}
