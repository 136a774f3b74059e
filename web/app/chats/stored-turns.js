// A stored conversation as the events of its turns: what the page shows of it goes the same way as a turn that runs. No DOM
// here. Whatever of the document has another shape is left out: it may have been imported.

import { isTerminal } from "../../sparewheel.js";
import { joined, Retold } from "./retold.js";
import { listOf, shapeOf, textOf } from "./shapes.js";

/**
 * @typedef {import("../../sparewheel.js").Event} Event
 * @typedef {"finished" | "failed" | "aborted" | "abandoned" | "interrupted"} Outcome
 * @typedef {import("./shapes.js").Shape} Shape
 *
 * @typedef {object} StoredTurn
 * @property {string} id As in its events.
 * @property {import("../../sparewheel.js").Prompt} prompt
 * @property {Event[]} events From `start` to a terminal one. An interrupted turn has no terminal one.
 * @property {(number | null)[]} times Of the events: milliseconds since the turn began, null if that is not stored.
 * @property {boolean} isUnfinished Whether it can go on.
 * @property {Outcome} outcome
 * @property {boolean} goesOn Whether it has failed after finished steps, and can go on.
 *
 * @typedef {object} StoredChat
 * @property {string} yaml The agent file; "" if it is not stored.
 * @property {StoredTurn[]} turns
 * @property {string | null} origin The id of the conversation that it is a branch of.
 * @property {string[]} models That have answered, each once, in the order of their first answers.
 */

/** How the result begins of a call that was not run, because its turn has ended before it. */
const NOT_RUN = "Not executed";
const OUTCOMES = ["finished", "failed", "aborted", "abandoned", "interrupted"];

/**
 * @param {unknown} document The result of `runtime.sessions.export(id)`.
 * @returns {StoredChat}
 */
export function storedChat(document) {
  const records = listOf(shapeOf(document)["records"]).map(shapeOf);
  const fact = (/** @type {string} */ name) => records.findLast(({ type, key }) => type === "session" && key === name)?.["value"];
  const turns = records.filter(({ type }) => type === "end").flatMap(turnsOf);
  const origin = textOf(shapeOf(fact("origin"))["session"]) || null;
  return { yaml: textOf(fact("file")), turns, origin, models: modelsOf(records) };
}

/**
 * The models that have answered, each once.
 * @param {Shape[]} records
 */
function modelsOf(records) {
  const messages = records.flatMap(({ messages }) => listOf(messages).map(shapeOf));
  return [...new Set(messages.map(({ model }) => textOf(model)))].filter((model) => model !== "");
}

/**
 * A record has one turn, or a whole conversation that a session began with.
 * @param {Shape} record
 * @param {number} place
 * @returns {StoredTurn[]}
 */
function turnsOf(record, place) {
  /** @type {Shape[][]} */
  const groups = [];
  for (const message of listOf(record["messages"]).map(shapeOf)) {
    const last = groups.at(-1);
    const ended = last?.some(({ role }) => role !== "user") ?? true;
    if (message["role"] === "system") continue;
    if (message["role"] === "user" ? ended : !last) groups.push([message]);
    else last?.push(message);
  }
  return groups.map((messages, number) => {
    const turn = textOf(record["turn"]) || String(place);
    if (number < groups.length - 1) return turnOf(messages, { agent: record["agent"], turn: `${turn}/${number}` }, "finished");
    return turnOf(messages, { ...record, turn }, OUTCOMES.includes(record["outcome"]) ? record["outcome"] : "finished");
  });
}

/**
 * @param {Shape[]} messages The prompt, and what the turn has added.
 * @param {Shape} record
 * @param {Outcome} outcome
 * @returns {StoredTurn}
 */
function turnOf(messages, record, outcome) {
  const { turn: id, course, spent } = record;
  const agent = textOf(record["agent"]);
  const prompts = messages.filter(({ role }) => role === "user").flatMap(({ parts }) => listOf(parts).map(shapeOf));
  const turn = new Retold(id, agent, messages, { course, spent, rest: restOf(record) });
  turn.end(outcome, record);
  const isUnfinished = outcome === "interrupted" || (outcome === "failed" && record["goes_on"] === true);
  return {
    id,
    prompt: promptOf(prompts),
    events: turn.events,
    times: turn.times,
    isUnfinished,
    outcome,
    goesOn: outcome === "failed" && isUnfinished && messages.some(isFinished),
  };
}

/**
 * What the step has shown in which the turn ended, without calls: they were not run.
 * @param {Shape} record
 */
function restOf({ parts }) {
  const shown = listOf(parts)
    .map(shapeOf)
    .filter(({ type }) => type !== "tool_call");
  return shown.length > 0 ? { role: "assistant", parts: shown } : null;
}

/**
 * @param {Shape[]} parts Of the messages of a prompt.
 * @returns {import("../../sparewheel.js").Prompt}
 */
function promptOf(parts) {
  if (parts.every(({ type }) => type === "text")) return joined(parts, "text", "\n\n");
  return parts.flatMap((part) => partOf(part) ?? []);
}

/**
 * @param {Shape} part
 * @returns {import("../../sparewheel.js").ContentPart | null}
 */
function partOf(part) {
  const text = textOf(part["text"]);
  if (part["type"] === "text") return { type: "text", text };
  if (part["type"] === "image") return { type: "image_url", image_url: { url: textOf(part["url"]) } };
  if (part["type"] !== "file") return null;
  const data = textOf(part["data"]);
  const size = data ? Math.floor((data.replace(/=+$/, "").length * 3) / 4) : new Blob([text]).size; // 0: it was too large to be stored
  const named = { name: textOf(part["name"]), mime_type: textOf(part["mime_type"]), ...(size > 0 && { size }) };
  return { type: "file", file: { ...named, ...(data ? { data } : { text }) } };
}

/**
 * Whether it is the answer of a finished step. Another one has no model.
 * @param {Shape} message
 */
function isFinished({ role, model }) {
  return role === "assistant" && textOf(model) !== "";
}

/**
 * What has been shown of a turn that goes on, up to now. Calls that were not run have no result.
 * @param {StoredTurn} turn
 * @param {number} now
 * @returns {{event: Event, at: number | null}[]}
 */
export function shownOf({ events, times }, now) {
  const began = now - (times.findLast((time) => time !== null) ?? 0);
  const isNotRun = (/** @type {Event} */ event) => event.type === "tool_result" && event.output.startsWith(NOT_RUN);
  const at = (/** @type {number | null} */ time) => (time === null ? null : began + time);
  const shown = events.map((event, place) => ({ event, at: at(times[place] ?? null) }));
  return shown.filter(({ event }) => !isTerminal(event) && !isNotRun(event));
}
