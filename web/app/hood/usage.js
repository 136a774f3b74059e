// What the attempts of a conversation have cost. No DOM here.

import { TurnCount } from "./turn-count.js";

/**
 * @typedef {object} Spent One attempt; null: not reported.
 * @property {number} turn From 1.
 * @property {number} attempt
 * @property {string} model
 * @property {number | null} input
 * @property {number | null} output
 * @property {number | null} cached Of the input.
 * @property {number | null} cost US dollars.
 * @property {boolean} discarded Its output was void, its tokens were not.
 */

const MAX_ATTEMPTS = 500;

/** The `usage` events of a conversation. */
export class Usage {
  /** @type {Spent[]} The last ones. */
  attempts = [];
  #turns = new TurnCount();

  clear() {
    this.attempts = [];
    this.#turns = new TurnCount();
  }

  /**
   * @param {import("../../sparewheel.js").Event} event
   * @returns {boolean} Whether it has changed anything.
   */
  push(event) {
    const turn = this.#turns.of(event);
    if (event.type !== "usage") return false;
    const { attempt, model, input_tokens: input, output_tokens: output, cached_tokens: cached, cost, discarded } = event;
    this.attempts.push({ turn, attempt, model, input, output, cached, cost, discarded });
    if (this.attempts.length > MAX_ATTEMPTS) this.attempts.shift();
    return true;
  }

  /** The sums of what is known. `complete`: every attempt has told its cost. */
  get total() {
    const sum = (/** @type {"input" | "output" | "cached" | "cost"} */ name) =>
      this.attempts.reduce((/** @type {number | null} */ all, each) => {
        const value = each[name];
        return value === null ? all : (all ?? 0) + value;
      }, null);
    const complete = this.attempts.every(({ cost }) => cost !== null);
    return { input: sum("input"), output: sum("output"), cached: sum("cached"), cost: sum("cost"), complete };
  }
}

/**
 * Dollars, as exact as small sums need.
 * @param {number | null} cost
 */
export function dollars(cost) {
  if (cost === null) return "not known";
  if (cost === 0) return "$0";
  return `$${cost < 0.01 ? cost.toPrecision(2) : cost.toFixed(cost < 1 ? 3 : 2)}`;
}

/** @param {number | null} tokens */
export function counted(tokens) {
  return tokens === null ? "not known" : tokens.toLocaleString("en");
}
