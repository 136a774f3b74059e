/** @typedef {import("./events.js").UsageTotals} UsageTotals */

/**
 * Adds token counts; one that is known in neither stays null.
 * @param {UsageTotals | null} total
 * @param {UsageTotals} more
 * @returns {UsageTotals}
 */
export function sum(total, more) {
  const add = (/** @type {keyof UsageTotals} */ name) => {
    const [known, next] = [total?.[name] ?? null, more[name]];
    return known === null ? next : known + (next ?? 0);
  };
  return {
    input_tokens: add("input_tokens"),
    output_tokens: add("output_tokens"),
    cached_tokens: add("cached_tokens"),
    written_tokens: add("written_tokens"),
    reasoning_tokens: add("reasoning_tokens"),
  };
}
