/** @typedef {import("../sparewheel.js").ErrorFacts} ErrorFacts */

/** Everything the embed API rejects with. */
export class SparewheelError extends Error {
  /** @param {Partial<ErrorFacts> & {message: string}} facts */
  constructor(facts) {
    super(facts.message);
    this.name = "SparewheelError";
    /** @type {ErrorFacts["kind"]} */
    this.kind = facts.kind ?? "internal";
    this.hint = facts.hint ?? "";
    /** @type {ErrorFacts["code"]} */
    this.code = facts.code ?? "unknown";
    this.retryable = facts.retryable ?? false;
    /** @type {ErrorFacts["attempts"]} */
    this.attempts = facts.attempts ?? [];
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.provider !== undefined) this.provider = facts.provider;
    if (facts.model !== undefined) this.model = facts.model;
    if (facts.stage !== undefined) this.stage = facts.stage;
    if (facts.key_requests !== undefined) this.key_requests = facts.key_requests;
    if (facts.missing_keys !== undefined) this.missing_keys = facts.missing_keys;
  }
}

/**
 * The error of a turn, or of a start, that was aborted.
 * @param {string} what What was aborted, as the subject of a sentence.
 */
export function aborted(what) {
  return new SparewheelError({ kind: "aborted", message: `${what} was aborted` });
}

/**
 * Wait for what a turn needs before it begins.
 * @param {Promise<unknown>} waiting
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>} Rejects when `signal` aborts.
 */
export function unlessAborted(waiting, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(aborted("the turn")), { once: true });
    waiting.then(resolve, reject);
  });
}

/**
 * @param {ErrorFacts["stage"]} stage
 * @param {string} reason
 * @param {string} hint
 */
export function bootFailed(stage, reason, hint) {
  return new SparewheelError({ kind: "boot_failed", stage, hint, message: `the runtime could not start: ${reason}` });
}

/**
 * The message of what was thrown. Never throws itself: a page can throw what has no text.
 * @param {unknown} thrown
 * @returns {string}
 */
export function messageOf(thrown) {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "what was thrown has no text";
  }
}
