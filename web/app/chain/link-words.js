// A link of the chain in one changing word, and when that changes.

import { clock, duration, reasonWord } from "./words.js";

/** @typedef {import("./chain-state.js").Link} Link */

/** How often a time that is shown in tenths of a second changes, and one in seconds. */
const TENTH_MS = 100;
const SECOND_MS = 1000;

/**
 * @param {Link} link
 * @param {number} now Milliseconds since the epoch.
 * @returns {string}
 */
export function describe({ state, kind, since, until }, now) {
  const elapsed = since === null ? "" : ` ${duration(now - since)}`;
  const left = (until ?? now) - now;
  switch (state) {
    case "spare":
    case "ready":
    case "failed":
    case "answered":
    case "stopped":
      return state;
    case "asking":
      return `asking${elapsed}`;
    case "answering":
      return `answering${elapsed}`;
    case "pausing":
      return left < 60_000 ? `again in ${Math.max(Math.ceil(left / 1000), 0)} s` : `again in ${clock(left)}`;
    case "resting":
      return `rests ${clock(left)}`;
    case "offline":
      return "offline";
    case "slow":
      return "asked, too slow";
    case "no_key":
      return "no key";
    case "skipped":
      return kind && kind !== "circuit_breaker" ? reasonWord(kind) : "passed over";
  }
}

/**
 * Milliseconds until the word of one of these links changes by itself; null if none does.
 * @param {Link[]} links
 * @param {number} now Milliseconds since the epoch.
 */
export function nextChange(links, now) {
  const waits = links.map(({ state, since, until }) => {
    if ((state === "asking" || state === "answering") && since !== null) {
      const elapsed = Math.max(now - since, 0);
      const unit = elapsed < 9900 ? TENTH_MS : SECOND_MS;
      return unit - (elapsed % unit);
    }
    if (until === null) return Infinity;
    return Math.max(until - now, 0) % SECOND_MS || SECOND_MS;
  });
  const next = Math.min(...waits, Infinity);
  return next === Infinity ? null : Math.max(next, TENTH_MS / 2);
}
