import { dollars } from "./words.js";

/**
 * @typedef {import("../../sparewheel.js").Folded} Folded
 * @typedef {{model: string, cost: number | null}} Spent What an attempt has used; null: its price is not known.
 */

/** What a conversation has cost, the turns of earlier visits included. No DOM here. */
export class CostState {
  /** US dollars; null: nothing is known. @type {number | null} */
  #spent = null;
  /** @type {Set<string>} Models that were used and whose price is not known. */
  #unpriced = new Set();

  /** @type {import("./models.js").Models | null} */
  #models = null;

  /**
   * @param {Folded} folded A turn that is over.
   * @param {import("./models.js").Models} models
   */
  add({ cost, attempts }, models) {
    this.#models = models;
    this.#sum(cost);
    for (const each of attempts) if (each.usage !== null && each.cost === null) this.#unpriced.add(each.model);
  }

  /**
   * @param {Iterable<Spent>} spent Of turns of an earlier visit.
   * @param {import("./models.js").Models} models
   */
  addStored(spent, models) {
    this.#models = models;
    for (const { model, cost } of spent) {
      this.#sum(cost);
      if (cost === null) this.#unpriced.add(model);
    }
  }

  /** @param {number | null} cost */
  #sum(cost) {
    if (cost !== null) this.#spent = (this.#spent ?? 0) + cost;
  }

  /**
   * @param {Folded | null} running The turn that runs.
   * @returns {string[]} No words if no cost is known.
   */
  words(running) {
    const [before, now] = [this.#spent, running?.cost ?? null];
    if (before === null && now === null) return [];
    const isPartial = [...this.#unpriced].some((model) => !this.#models?.facts(model)?.local);
    return [`${isPartial ? "over " : ""}${dollars((before ?? 0) + (now ?? 0))}`];
  }
}
