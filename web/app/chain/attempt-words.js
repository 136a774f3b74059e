// What became of an attempt, in words. No DOM here.

import { dollars, duration, plural, reasonWord } from "./words.js";

/**
 * @typedef {import("../../sparewheel.js").FoldedAttempt} FoldedAttempt
 * @typedef {import("../../sparewheel.js").ChainModel} ChainModel
 *
 * @typedef {object} Words
 * @property {string} text After the model's name.
 * @property {string[]} asides Times, tokens and cost: those that are known.
 * @property {"bad" | "live" | "good" | "soft"} tone
 */

/**
 * @param {FoldedAttempt} attempt
 * @param {FoldedAttempt} [before] The one before it in its step.
 * @returns {Words}
 */
export function attemptWords(attempt, before) {
  const { state, model, usage, cost, asked_at, first_at, ended_at } = attempt;
  const isAgain = before !== undefined && before.model === model;
  const took = asked_at !== null && ended_at !== null ? [duration(ended_at - asked_at)] : [];
  const first = asked_at !== null && first_at !== null ? [`first word after ${duration(first_at - asked_at)}`] : [];
  const spent = [
    ...(usage?.output_tokens ? [plural(usage.output_tokens, "token")] : []),
    ...(cost === null ? [] : [dollars(cost)]),
  ];
  const isRaced = before !== undefined && before.state !== "failed";
  switch (state) {
    case "waiting":
      return { text: isAgain ? "is asked again" : isRaced ? "is asked as well" : "is asked", asides: [], tone: "live" };
    case "streaming":
    case "answered":
      return {
        text: before === undefined ? "answered" : isAgain ? "answered, asked again" : "took over",
        asides: [...first, ...(before === undefined ? [...took, ...spent] : [])],
        tone: state === "streaming" ? "live" : "good",
      };
    case "failed":
      return {
        text: `${failure(attempt, isAgain ? " again" : "")} (${reasonWord(attempt.kind)})`,
        asides: [...took, ...spent],
        tone: "bad",
      };
    case "aborted":
      return { text: "asked, too slow", asides: spent, tone: "soft" };
  }
}

/**
 * @param {FoldedAttempt} attempt One that failed.
 * @param {string} again
 */
function failure({ discarded_output: discarded, first_at }, again) {
  if (first_at === null) return `did not answer${again}`;
  if (!discarded) return `broke off${again}`;
  const length = discarded.text.length;
  if (length === 0) return `broke off${again} while reasoning`;
  return `broke off${again} after ${plural(length, "character")}`;
}

/**
 * What a user should know who did not choose this model: that it is dearer, or elsewhere.
 * @param {ChainModel | null} from The model before it.
 * @param {ChainModel | null} to
 */
export function warningOf(from, to) {
  if (!from || !to) return "";
  const notes = [];
  if (from.local && !to.local) notes.push(`in the cloud: the conversation goes to ${to.host}`);
  if (from.price && to.price && to.price.output > from.price.output) {
    notes.push(`dearer: ${dollars(to.price.output)} instead of ${dollars(from.price.output)} for a million tokens`);
  } else if (from.local && !from.price && to.price && to.price.output > 0) {
    notes.push(`costs ${dollars(to.price.output)} for a million tokens`);
  }
  return notes.join("; ");
}

/**
 * The line below a turn: who answered, how long it took, and which models did not.
 * @param {import("../../sparewheel.js").Folded} folded A finished turn.
 * @param {(model: string) => string} name
 * @param {boolean} isEmpty It has no text.
 */
export function finishWords({ model, attempts, usage, cost, started_at, ended_at, finish_reason }, name, isEmpty) {
  const parts = [name(model ?? "")];
  if (started_at !== null && ended_at !== null) parts.push(duration(ended_at - started_at));
  if (usage?.output_tokens) parts.push(plural(usage.output_tokens, "token"));
  if (cost !== null) parts.push(dollars(cost));
  if (finish_reason !== "stop") parts.push(`ended early: ${finish_reason}`);
  if (isEmpty) parts.push("no text");
  const failures = failuresOf(attempts, model);
  const shown = failures.slice(0, MAX_FAILURES).map(([failed, why]) => `${name(failed)} failed: ${why}`);
  if (failures.length > MAX_FAILURES) shown.push(`and ${failures.length - MAX_FAILURES} more`);
  return parts.join(" · ") + (shown.length > 0 ? ` (${shown.join("; ")})` : "");
}

const MAX_FAILURES = 3;

/**
 * The models that failed and did not answer after it, each with its last reason.
 * @param {FoldedAttempt[]} attempts
 * @param {string | null} answered
 */
function failuresOf(attempts, answered) {
  const failed = attempts.filter(({ state, model }) => state === "failed" && model !== answered);
  return [...new Map(failed.map(({ model, kind }) => [model, reasonWord(kind)]))];
}
