// What a run may send, and what of it is taken.

import { integer, list, Misshapen, oneOf, orNull, record, text } from "./shapes.js";

/**
 * @typedef {import("../../protocol.js").CodeLimits} Limits
 * @typedef {import("../../protocol.js").CodeResult} Result
 *
 * @typedef {{type: "output", stream: "stdout" | "stderr", text: string}} Output
 * @typedef {{type: "call", call: number, name: string, args: Record<string, unknown>}} Call
 * @typedef {{type: "result", result: Result}} Ended
 */

const SHORT = text(2_000);
const MAX_CALL = 1_000_000; // characters of the arguments of a call
const MAX_PLOTS = 16;
const MAX_PICTURES = 12_000_000; // bytes of all plots of a run
const MAX_OTHERS = 4_000_000; // characters of everything else that a result holds
const MAX_NUMBER = 1_000_000;
const BASE64 = 4 / 3;

const PLOT = record({
  mime: oneOf("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"),
  data: text(MAX_PICTURES * BASE64),
  name: SHORT,
});
const SHOWN = record({ kind: oneOf("text", "markdown"), text: text(100_000) });
const ERROR = record({ type: SHORT, message: text(20_000), text: text(50_000), line: orNull(integer(MAX_NUMBER)) });
const OUTPUT = record({ type: oneOf("output"), stream: oneOf("stdout", "stderr"), text: text(10_000_000) });
const CALL = record({ type: oneOf("call"), call: integer(MAX_NUMBER), name: SHORT, args: object });

/** @param {Limits} limits */
function resultOf({ files, file_bytes }) {
  return record({
    value: orNull(SHOWN),
    exit: orNull(SHORT),
    error: orNull(ERROR),
    shown: list(100, SHOWN),
    plots: list(MAX_PLOTS, PLOT),
    files: list(files, record({ path: text(1_000), data: text(file_bytes * BASE64 + 4) })),
    left_out: list(1_000, SHORT),
    run: orNull(integer(MAX_NUMBER)),
  });
}

/**
 * The longest text that a run may send, in characters.
 * @param {Limits} limits
 */
export function longest({ file_bytes }) {
  return (MAX_PICTURES + file_bytes) * BASE64 + MAX_OTHERS;
}

/**
 * @param {unknown} sent
 * @param {number} id Of the run.
 * @param {Limits} limits
 * @returns {Output | Call | Ended | null} null: it is none of this run.
 * @throws {Misshapen} It is of this run, and of another shape or too long.
 */
export function readMessage(sent, id, limits) {
  if (typeof sent !== "string") return null;
  if (sent.length > longest(limits)) throw new Misshapen(`it is longer than ${longest(limits)} characters`);
  const message = parsed(sent);
  if (message?.id !== id) return null;
  switch (message.type) {
    case "output":
      return OUTPUT(message);
    case "call":
      return CALL(message);
    case "result": {
      const result = /** @type {Result} */ (resultOf(limits)(message));
      checkSizes(result, limits);
      return { type: "result", result };
    }
    default:
      return null;
  }
}

/** @param {string} sent */
function parsed(sent) {
  try {
    return JSON.parse(sent);
  } catch {
    return null;
  }
}

/** @param {unknown} value */
function object(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misshapen("arguments are no object");
  if (JSON.stringify(value).length > MAX_CALL) throw new Misshapen(`arguments are longer than ${MAX_CALL} characters`);
  return value;
}

/**
 * @param {Result} result
 * @param {Limits} limits
 */
function checkSizes({ files, plots }, { file_bytes }) {
  const size = (/** @type {{data: string}[]} */ all) => all.reduce((sum, { data }) => sum + Math.floor((data.length * 3) / 4), 0);
  if (size(files) > file_bytes + 3 * files.length) throw new Misshapen(`its files have more than ${file_bytes} bytes`);
  if (size(plots) > MAX_PICTURES) throw new Misshapen(`its plots have more than ${MAX_PICTURES} bytes`);
}
