import { isObject, refuse } from "./config-error.js";
import { isStore } from "./store.js";

/** @typedef {import("../sparewheel.js").RuntimeOptions} RuntimeOptions */

/** @typedef {[valid: (value: unknown) => boolean, expected: string]} Check */

const hasTag = (/** @type {string} */ tag) => (/** @type {unknown} */ value) =>
  Object.prototype.toString.call(value) === `[object ${tag}]`; // not the class: other realms have their own

const hasUrl = (/** @type {unknown} */ value) => isObject(value) && typeof value["url"] === "string";

/** @type {Check} */
const ADDRESS = [(value) => typeof value === "string" || hasTag("URL")(value), "a string or a URL"];
/** @type {Check} */
const FUNCTION = [(value) => typeof value === "function", "a function"];

/** @type {Record<keyof RuntimeOptions, Check>} A record: the type checker finds one that is missing or unknown. */
const CHECKS = {
  assetBase: ADDRESS,
  workerUrl: ADDRESS,
  createWorker: FUNCTION,
  onProgress: FUNCTION,
  signal: [hasTag("AbortSignal"), "an AbortSignal"],
  snapshot: [(value) => typeof value === "boolean", "true or false"],
  models: [isObject, "an object of models by name"],
  fetch: FUNCTION,
  store: [isStore, '"memory", "indexeddb" or {name} of a database'],
  onEvent: FUNCTION,
  restart: [(value) => typeof value === "boolean", "true or false"],
  replay: [(value) => isObject(value) && typeof value.recording === "string", "{recording: text, timed?: true}"],
  otlp: [(value) => typeof value === "string" || hasUrl(value), "the address of a collector, or {url, contents?: true}"],
  hangTimeout: [(value) => typeof value === "number" && value >= 1000, "a number of milliseconds, at least 1000"],
};
const NAMES = Object.keys(CHECKS);
const PROXIES = ["proxy", "toolProxy"];
// A name is suggested if at most this share of the letters of the longer name differs.
const CLOSE = 0.4;

/**
 * The options of a runtime. They are checked here, because they are needed before there is a worker; those of a session
 * are checked there. undefined and null are taken for an option that is not there.
 * @param {unknown} options
 * @returns {RuntimeOptions}
 */
export function readRuntimeOptions(options) {
  if (!isObject(options)) throw refuse("createRuntime: expected an options object");
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  for (const [name, value] of given) {
    if (!Object.hasOwn(CHECKS, name)) throw unknownOption(name);
    const [valid, expected] = CHECKS[/** @type {keyof RuntimeOptions} */ (name)];
    if (!valid(value)) throw refuse(`createRuntime: ${name} must be ${expected}`);
  }
  return Object.fromEntries(given);
}

/** @param {string} name */
function unknownOption(name) {
  const meant = PROXIES.includes(name) ? "fetch" : closest(name);
  const question = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
  return refuse(`createRuntime: unknown option ${JSON.stringify(name)}${question}`, `Known are ${NAMES.join(", ")}.`);
}

/**
 * The known name that was probably meant.
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
