/**
 * @typedef {{message: string, hint: string, kind: string, attempts: import("../../sparewheel.js").AttemptRecord[]}} Failure
 */

/**
 * Why a turn failed, each thing once: a heading with a hint, or below the heading each model with its last reason and its
 * hint. No DOM here.
 * @param {Failure} failure
 * @returns {{heading: string, hint: string, models: {model: string, message: string, hint: string, kind: string | null}[]}}
 */
export function failureWords({ message, hint, attempts }) {
  const failed = attempts.filter(({ outcome }) => outcome === "failed");
  const last = [...new Map(failed.map((record) => [record.model, record])).values()];
  if (last.length < 2) return { heading: message, hint, models: [] };
  /** @type {Set<string>} */
  const told = new Set();
  const models = last.map(({ model, message: reason, kind, hint: own = "" }) => {
    const isNew = own !== "" && !told.has(own);
    told.add(own);
    return { model, message: reason ?? kind ?? "failed", hint: isNew ? own : "", kind: kind ?? null };
  });
  const isTold = told.has(hint) || models.some((each) => each.hint !== "");
  return { heading: `None of the ${last.length} models answered.`, hint: isTold ? "" : hint, models };
}
