// How a turn went, as the journal has it: entries in order, of each step. The messages have the rest. No DOM here.

import { listOf, shapeOf, shaped, textOf } from "./shapes.js";

/**
 * @typedef {import("./shapes.js").Shape} Shape
 * @typedef {{answer: Shape | null, results: Shape[]}} Step What the messages have of it.
 */

const WHY = { kind: "unknown", code: "unknown", reason: "" };
/** The fields of the entries of a turn's course, and what stands for a missing one. @type {Record<string, Shape>} */
const ENTRIES = {
  start: { model: "", resumed: false, attempt: 0 },
  step: { step: 1, model: "" },
  delta: { attempt: 1 },
  retry: { model: "", attempt: 1, delay_ms: 0, ...WHY },
  fallback: { from: "", to: "", attempt: 1, delay_ms: 0, ...WHY },
  hedge: { from: "", to: "", attempt: 1, after_ms: 0 },
  offline: { model: "", message: "", wait_ms: 0 },
  resumed: { model: "", attempt: 1 },
  compacted: { model: "", attempt: 1, dropped: 0 },
  discard: { attempt: 1, text: "", reasoning: "" },
  recovered: { model: "" },
  exhausted: { kind: "unknown", code: "unknown", message: "" },
  warning: { message: "" },
  handoff: { from: "", to: "" },
  tool_blocked: { id: "", name: "", reason: "" },
  tool_call: { id: "" },
  tool_result: { id: "" },
  usage: { attempt: 1, spent: 0 },
  task: { id: "", agent: "", steps: [] },
  finish: {},
};
const MAX_ATTEMPT = 100_000;

/**
 * The entries of a stored course by step.
 * @param {unknown} stored
 */
export function courseOf(stored) {
  /** @type {Shape[][]} */
  const groups = [];
  for (const entry of listOf(stored).flatMap(entryOf)) {
    if (groups.length === 0 || entry["type"] === "step") groups.push([]);
    groups.at(-1)?.push(entry);
  }
  return groups;
}

/**
 * The messages of each step. A step whose output was discarded has none; the last one may have a `rest`.
 * @param {Shape[][]} groups
 * @param {Step[]} steps
 * @param {Shape | null} rest
 * @returns {Step[]} At least one.
 */
export function matched(groups, steps, rest) {
  const left = [...steps];
  const found = groups.map((group, place) => {
    const discarded = new Set(group.flatMap(({ type, attempt }) => (type === "discard" ? [attempt] : [])));
    const lasts = group.some(({ type, attempt }) => type === "delta" && !discarded.has(attempt));
    return (lasts || groups.length - place <= left.length ? left.shift() : null) ?? { answer: null, results: [] };
  });
  found.push(...left);
  const last = found.at(-1) ?? { answer: null, results: [] };
  if (found.length === 0) found.push(last);
  last.answer ??= rest;
  return found;
}

/**
 * An entry of a course with all its fields; none if it is no entry.
 * @param {unknown} stored
 * @returns {Shape[]}
 */
function entryOf(stored) {
  const entry = shapeOf(stored);
  const fields = Object.hasOwn(ENTRIES, textOf(entry["type"])) ? ENTRIES[entry["type"]] : undefined;
  if (!fields || typeof entry["at"] !== "number") return [];
  const { attempt = 1 } = entry;
  return attempt >= 1 && attempt <= MAX_ATTEMPT ? [{ at: entry["at"], type: entry["type"], ...shaped(entry, fields) }] : [];
}
