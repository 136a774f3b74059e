import { visible } from "../visible.js";

/** A tool's arguments and results may have megabytes; what comes after this is not looked at. */
const MAX_CHARS = 4000;

/**
 * An event in one line. No DOM here.
 * @param {import("../../sparewheel.js").Event} event
 * @param {number} [chars] Of its facts.
 */
export function textOf({ type, seq, turn: _, ...facts }, chars = MAX_CHARS) {
  return `${seq} ${type} ${visible(JSON.stringify(facts).slice(0, chars))}`;
}
