// What the list of conversations shows of each. No DOM here.

import { label } from "../visible.js";

/**
 * @typedef {import("../../sparewheel.js").SessionRow} SessionRow
 * @typedef {SessionRow["state"]} State
 *
 * @typedef {object} Shown One line of the list.
 * @property {string} id
 * @property {string} title
 * @property {string} models `claude → gpt`: who has answered.
 * @property {State} state
 * @property {string} snippet Where the search has found something; else empty.
 */

export const UNTITLED = "Untitled";

/** @type {Record<State, string>} */
export const STATE_WORDS = {
  idle: "",
  running: "answering…",
  interrupted: "interrupted",
  in_doubt: "needs a decision",
  open_elsewhere: "open in another tab",
};

/**
 * The rows of the store. A turn that this tab could run, and does not, was interrupted.
 * @param {readonly SessionRow[]} rows
 * @param {ReadonlyMap<string | null, unknown>} running The turns that run here, by conversation.
 * @returns {SessionRow[]}
 */
export function withInterrupted(rows, running) {
  return rows.map((row) => (row.state === "running" && !running.has(row.id) ? { ...row, state: "interrupted" } : row));
}

/**
 * The rows to show, newest first.
 * @param {readonly SessionRow[]} rows As the store lists them.
 * @param {object} facts
 * @param {ReadonlySet<string>} facts.hidden Deleted ones.
 * @param {(id: string) => readonly string[]} facts.modelsOf
 * @param {(id: string) => string} [facts.askedIn] What stands for the title of one that has none yet.
 * @returns {Shown[]}
 */
export function shownRows(rows, { hidden, modelsOf, askedIn = () => "" }) {
  return rows
    .filter((row) => !hidden.has(row.id) && !isEmpty(row))
    .map(({ id, title, state }) => {
      const models = modelsLine(modelsOf(id));
      return { id, title: title || askedIn(id) || UNTITLED, models, state, snippet: "" };
    });
}

/**
 * Whether nothing was ever asked in it: it was made to check an agent file.
 * @param {SessionRow} row
 */
export function isEmpty({ turns, title, state }) {
  return turns === 0 && title === "" && (state === "idle" || state === "open_elsewhere");
}

/**
 * Short names of models in the order in which they answered.
 * @param {readonly string[]} models As `provider/model`.
 */
export function modelsLine(models) {
  const names = models.map((model) => label(model.slice(model.lastIndexOf("/") + 1)));
  if (names.length < 2) return names.join("");
  const families = names.map((name) => /^\p{L}+/u.exec(name)?.[0] ?? name);
  const some = new Set(families).size === names.length ? families : names;
  return some.length > 4 ? `${some.slice(0, 3).join(" → ")} → … → ${some.at(-1)}` : some.join(" → ");
}
