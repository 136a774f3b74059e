// Words and numbers of the chain, for people.

/**
 * @typedef {import("../../sparewheel.js").Kind} Kind
 */

/** Why an attempt failed, in a few words; "failed" for the others. @type {Partial<Record<Kind, string>>} */
const REASONS = {
  rate_limit: "busy",
  overloaded: "overloaded",
  server_error: "server error",
  network: "connection lost",
  network_or_cors: "not reachable",
  stream_truncated: "connection lost",
  timeout_connect: "no connection",
  timeout_first_content: "no first word in time",
  timeout_idle: "fell silent",
  timeout_turn: "out of time",
  quota: "quota used up",
  auth: "key refused",
  permission: "not allowed",
  no_key: "no key",
  skipped: "skipped",
  model_not_found: "no such model",
  invalid_request: "request refused",
  unsupported: "not supported",
  context_overflow: "conversation too long",
  refusal: "declined to answer",
  content_filter: "filtered",
  empty_output: "empty answer",
  response_too_large: "answer too long",
  loop: "repeated itself",
  circuit_breaker: "resting",
  aborted: "interrupted",
};

/** @param {Kind | null} kind */
export function reasonWord(kind) {
  return (kind && REASONS[kind]) ?? "failed";
}

/**
 * How long something took, or takes so far: `0.6 s`, `12 s`, `1:05`.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 9950) return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : clock(ms);
}

/**
 * Minutes and seconds that are left: `0:41`; with hours `1:00:00`.
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.max(Math.ceil(ms / 1000), 0);
  const two = (/** @type {number} */ number) => String(number % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds)}` : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(seconds)}`;
}

/**
 * An amount of US dollars with the digits that matter.
 * @param {number} amount
 */
export function dollars(amount) {
  if (amount >= 0.1) return `$${amount.toFixed(2).replace(".00", "")}`;
  if (amount > 0 && amount < 0.0001) return "under $0.0001";
  return `$${Number(amount.toPrecision(2))}`;
}

/**
 * @param {number} count
 * @param {string} one
 */
export function plural(count, one) {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}
