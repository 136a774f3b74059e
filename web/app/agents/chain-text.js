// The chain of an agent, read from the text of its file, and changed in it: only the characters of the chain change, so
// comments, order and notation of the rest stay. What cannot be changed so is refused, with the reason. Loaded late,
// because the YAML parser is large.

import { isMap } from "yaml";
import { comment, inBrackets, listLines, Pool } from "./chain-list.js";
import {
  chainOf,
  documentOf,
  find,
  isFlow,
  isUnwritten,
  namesOf,
  NotEditable,
  pairOf,
  read,
  SETTINGS,
  spanOf,
  valueOf,
} from "./chain-place.js";
import { insert, removePair, writeList } from "./fallback-text.js";
import { Splice, written } from "./splice.js";

/**
 * @typedef {import("./chain-place.js").Chain} Chain
 * @typedef {import("./chain-place.js").Map} Map
 * @typedef {import("./chain-place.js").Pair} Pair
 * @typedef {import("./chain-place.js").Place} Place
 * @typedef {import("./chain-place.js").Setting} Setting
 */

/**
 * The agents of a file, and the names under `models:`, both as they are written.
 * @param {string} text
 * @throws {NotEditable}
 */
export function namesIn(text) {
  const file = read(text);
  return { agents: namesOf(pairOf(file, "agents")), models: namesOf(pairOf(file, "models")) };
}

/**
 * @param {string} text
 * @param {string} agent Its name.
 * @returns {Chain}
 * @throws {NotEditable} The form cannot show, or not change, the chain.
 */
export function readChain(text, agent) {
  return chainOf(find(read(text), agent));
}

/**
 * The text with other models, in this order.
 * @param {string} text
 * @param {string} agent
 * @param {string[]} models At least one.
 * @throws {NotEditable}
 */
export function withModels(text, agent, models) {
  const place = find(read(text), agent);
  const [first = "", ...others] = models;
  const old = chainOf(place);
  const lines = listLines(text, place);
  const splice = new Splice(text);
  const own = comment(text, valueOf(place.model), isFlow(place.agent));
  const pool = new Pool(old, own, lines, text, place);
  const primary = pool.take(first);
  splice.replace(...spanOf(text, valueOf(place.model)), isFlow(place.agent) ? inBrackets(primary) : primary.raw);
  if (lines && first !== old.models[0]) splice.replace(...own.span, primary.after);
  if (lines && others.length) splice.replace(lines.start, lines.end, pool.lines(others, primary));
  else if (lines) splice.replace(lines.keyEnd, lines.end, ` []${lines.keyTail}${pool.lines([], primary)}`);
  else if (others.length || place.models) {
    const list = others.map((ref) => inBrackets(pool.take(ref)));
    writeList(splice, text, place, list);
  }
  return checked(text, splice.result(), agent, { ...old, models });
}

/**
 * The text with another value of a setting.
 * @param {string} text
 * @param {string} agent
 * @param {Setting} setting
 * @param {string} value "" removes it.
 * @throws {NotEditable}
 */
export function withSetting(text, agent, setting, value) {
  const place = find(read(text), agent);
  const old = chainOf(place);
  if (old.settings[setting] === value) return text;
  const splice = new Splice(text);
  const within = place.fallback?.value;
  const pair = isMap(within) ? pairOf(/** @type {Map} */ (within), setting) : undefined;
  if (pair && value) {
    const behindKey = text.indexOf(":", pair.key.range?.[1] ?? 0) + 1;
    if (isUnwritten(pair.value)) splice.replace(behindKey, behindKey, ` ${written(value)}`);
    else splice.replace(...spanOf(text, pair.value), written(value));
  } else if (pair) removePair(splice, text, /** @type {Map} */ (within), pair, place.fallback);
  else insert(splice, text, place, `${setting}: ${written(value)}`);
  return checked(text, splice.result(), agent, { ...old, settings: { ...old.settings, [setting]: value } });
}

/**
 * The changed text, if it means what was wanted, and nothing else has changed.
 * @param {string} before
 * @param {string} text
 * @param {string} agent
 * @param {Chain} chain
 */
function checked(before, text, agent, chain) {
  const refusal = new NotEditable("The file is written in a way that the form cannot change.");
  try {
    const found = readChain(text, agent);
    const isWanted =
      found.models.join("\n") === chain.models.join("\n") &&
      SETTINGS.every((name) => found.settings[name] === chain.settings[name]);
    if (!isWanted || rest(before, agent) !== rest(text, agent)) throw refusal;
  } catch {
    throw refusal;
  }
  return text;
}

/**
 * Everything in a file but the chain, to be compared.
 * @param {string} text
 * @param {string} name
 */
function rest(text, name) {
  const file = documentOf(text).toJS({ mapAsMap: true });
  const agents = [...file.get("agents")];
  const agent = agents.find(([key]) => String(key) === name)?.[1] ?? new Map();
  const fallback = agent.get("fallback");
  agent.delete("model");
  if (fallback instanceof Map) for (const key of ["models", ...SETTINGS]) fallback.delete(key);
  if (!fallback?.size) agent.delete("fallback");
  return JSON.stringify(file, (_, value) => (value instanceof Map ? [...value] : value));
}
