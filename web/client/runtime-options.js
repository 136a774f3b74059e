import { isObject, refuse } from "./config-error.js";

/** @typedef {import("../sparewheel.js").RuntimeOptions} RuntimeOptions */

/** @type {Record<keyof RuntimeOptions, true>} A record, so that the type checker misses none and finds none too many. */
const KNOWN = {
  assetBase: true,
  workerUrl: true,
  createWorker: true,
  onProgress: true,
  signal: true,
  snapshot: true,
  models: true,
  fetch: true,
};
const NAMES = Object.keys(KNOWN);
const PROXIES = ["proxy", "toolProxy"];
// Of the letters of the longer name, how many may differ for one to be taken for a slip of the other.
const CLOSE = 0.4;

/**
 * The options of a runtime. An option that is silently ignored is worse than one that is refused.
 * @param {unknown} options
 * @returns {RuntimeOptions}
 */
export function readRuntimeOptions(options) {
  if (!isObject(options)) throw refuse("createRuntime: expected an options object");
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || NAMES.includes(name)) continue;
    const meant = PROXIES.includes(name) ? "fetch" : closest(name);
    const question = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
    throw refuse(`createRuntime: unknown option ${JSON.stringify(name)}${question}`, `Known are ${NAMES.join(", ")}.`);
  }
  const { fetch } = options;
  if (fetch !== undefined && typeof fetch !== "function") throw refuse("createRuntime: fetch must be a function");
  return options;
}

/**
 * The known name that somebody may have meant.
 * @param {string} name
 */
function closest(name) {
  const given = name.slice(0, 100).toLowerCase();
  const ranked = NAMES.map((known) => ({ known, share: distance(given, known.toLowerCase()) }));
  ranked.sort((one, other) => one.share - other.share);
  return ranked.find(({ share }) => share <= CLOSE)?.known;
}

/**
 * Levenshtein's distance, as a share of the longer text.
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line++) {
    const next = [line];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (one[line - 1] === other[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return (row.at(-1) ?? 0) / Math.max(one.length, other.length);
}
