// Keys of `fallback` into the text of a file, whatever its notation is.

import { isMap, isSeq } from "yaml";
import { isFlow, NotEditable, spanOf } from "./chain-place.js";
import { eolOf, lineAt, Splice } from "./splice.js";

/**
 * @typedef {import("./chain-place.js").Chain} Chain
 * @typedef {import("./chain-place.js").Map} Map
 * @typedef {import("./chain-place.js").Pair} Pair
 * @typedef {import("./chain-place.js").Place} Place
 * @typedef {import("./chain-place.js").Setting} Setting
 */

/**
 * Write a key of `fallback`.
 * @param {Splice} splice
 * @param {string} text
 * @param {Place} place
 * @param {string} entry
 */
export function insert(splice, text, { agent, model, fallback }, entry) {
  const eol = eolOf(text);
  const within = fallback?.value;
  if (isMap(within) && isFlow(within)) {
    const at = (within.range?.[0] ?? 0) + 1;
    splice.replace(at, at, within.items.length ? `${entry}, ` : entry);
  } else if (isMap(within)) {
    const first = within.items[0]?.key;
    const line = lineAt(text, /** @type {import("yaml").Node} */ (first).range?.[0] ?? 0);
    const indent = /^[ ]*/.exec(text.slice(line.start))?.[0] ?? "";
    splice.replace(line.start, line.start, `${indent}${entry}${eol}`);
  } else if (fallback && !isFlow(agent)) {
    const line = lineAt(text, fallback.key.range?.[0] ?? 0);
    const indent = /^[ ]*/.exec(text.slice(line.start))?.[0] ?? "";
    splice.line(line, `${indent}  ${entry}`, eol);
  } else if (fallback) {
    throw new NotEditable("fallback has no value.");
  } else if (isFlow(agent)) {
    const at = model.value?.range?.[1] ?? 0;
    splice.replace(at, at, `, fallback: {${entry}}`);
  } else {
    const line = lineAt(text, model.value?.range?.[1] ?? 0);
    const indent = " ".repeat((model.key.range?.[0] ?? 0) - lineAt(text, model.key.range?.[0] ?? 0).start);
    splice.line(line, `${indent}fallback:${eol}${indent}  ${entry}`, eol);
  }
}

/**
 * @param {Splice} splice
 * @param {string} text
 * @param {Map} map
 * @param {Pair} pair
 * @param {Pair | undefined} around The pair whose value the mapping is.
 */
export function removePair(splice, text, map, pair, around) {
  const start = pair.key.range?.[0] ?? 0;
  const [from, to] = spanOf(text, pair.value);
  const end = Math.max(to, from, text.indexOf(":", start) + 1);
  if (isFlow(map)) {
    const behind = /^\s*,\s*/.exec(text.slice(end))?.[0].length ?? 0;
    const ahead = behind ? 0 : (/,?\s*$/.exec(text.slice(0, start))?.[0].length ?? 0);
    splice.replace(start - (text.slice(0, start).trimEnd().endsWith(",") ? ahead : 0), end + behind, "");
    return;
  }
  const line = lineAt(text, start);
  if (text.slice(line.start, start).trim()) throw new NotEditable("fallback is written in an unusual way.");
  const above = lineAt(text, around?.key.range?.[0] ?? 0);
  const isAlone =
    map.items.length === 1 && above.next === line.start && text.slice(above.start, above.end).trim() === "fallback:";
  splice.replace(isAlone ? above.start : line.start, line.next, "");
}

/**
 * Write the list in brackets.
 * @param {Splice} splice
 * @param {string} text
 * @param {Place} place
 * @param {string[]} raw
 */
export function writeList(splice, text, place, raw) {
  const list = `[${raw.join(", ")}]`;
  if (isSeq(place.models?.value)) {
    const [start, end] = place.models.value.range ?? [0, 0];
    if (/\n[^]*#|#[^]*\n/.test(text.slice(start, end)))
      throw new NotEditable("The list of models has comments between brackets.");
    splice.replace(start, end, list);
  } else if (place.models) {
    const at = text.indexOf(":", place.models.key.range?.[1] ?? 0) + 1;
    splice.replace(at, at, ` ${list}`);
  } else insert(splice, text, place, `models: ${list}`);
}
