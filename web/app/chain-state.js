// What happened to each model of the chain in this turn: the attempts that the public reducer folds, by model. No DOM here.

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").Folded} Folded
 * @typedef {"waiting" | "asking" | "streaming" | "pausing" | "failed" | "answered" | "stopped" | "skipped"} LinkState
 *
 * @typedef {object} Link One model of the chain.
 * @property {string} model
 * @property {LinkState} state
 * @property {string} reason Why it failed the last time, or was skipped.
 * @property {number} attempts How often it has been asked and has not answered, and once more if it answers or answered.
 * @property {number} until When it is asked, while it is pausing; milliseconds since the epoch.
 */

export class ChainState {
  /** @type {string[]} Primary first; then models that the chain did not name. */
  #models;
  /** @type {Map<number, number>} When attempts begin that have to wait, by number; milliseconds since the epoch. */
  #begin = new Map();
  /** @type {Map<string, string>} Why models were skipped. */
  #skipped = new Map();
  /** The attempt that streamed last; 0 before the first one. */
  #streaming = 0;

  /** @param {string[]} models Primary first. */
  constructor(models) {
    this.#models = [...models];
  }

  /**
   * Keep what the reducer does not: pauses and skipped models.
   * @param {Event} event
   * @param {number} now Milliseconds since the epoch.
   * @returns {boolean} Whether a link may have changed.
   */
  push(event, now) {
    if (event.task !== undefined) return false; // a sub-agent has its own chain
    switch (event.type) {
      case "start":
        this.#begin.clear();
        this.#skipped.clear();
        this.#streaming = 0;
        return true;
      case "delta":
      case "tool_call_delta": {
        const isFirst = event.attempt !== this.#streaming;
        this.#streaming = event.attempt;
        return isFirst;
      }
      case "retry":
      case "fallback":
        this.#begin.set(event.attempt, now + event.delay_ms);
        this.#skipped.delete(event.type === "retry" ? event.model : event.to);
        return true;
      case "skipped":
        this.#skipped.set(event.model, event.reason);
        return true;
      default:
        return true;
    }
  }

  /**
   * @param {Folded} folded
   * @param {number} now Milliseconds since the epoch.
   * @returns {Link[]}
   */
  links(folded, now) {
    const asked = folded.attempts.map(({ model }) => model);
    this.#models = [...new Set([...this.#models, ...asked, ...this.#skipped.keys()])];
    return this.#models.map((model) => this.#link(model, folded, now));
  }

  /**
   * @param {string} model
   * @param {Folded} folded
   * @param {number} now
   * @returns {Link}
   */
  #link(model, folded, now) {
    const own = folded.attempts.filter((attempt) => attempt.model === model);
    const last = own.at(-1);
    const until = this.#begin.get(last?.attempt ?? 0) ?? 0;
    const skipped = this.#skipped.get(model);
    const reason = skipped ?? own.findLast(({ state }) => state === "failed")?.reason ?? "";
    const state = skipped === undefined ? stateOf(last, folded, until > now) : "skipped";
    const attempts = own.filter((attempt) => attempt.state !== "answered").length + Number(last?.state === "answered");
    return { model, state, reason, attempts, until };
  }
}

/**
 * @param {import("../sparewheel.js").FoldedAttempt | undefined} last The last attempt of the model.
 * @param {Folded} folded
 * @param {boolean} pausing
 * @returns {LinkState}
 */
function stateOf(last, { status, attempts, model, message }, pausing) {
  if (!last) return "waiting";
  switch (last.state) {
    case "waiting": // beside one that streams, or after the turn, it has been given up
      if (status !== "running" || attempts.some(({ state }) => state === "streaming")) return "waiting";
      return pausing ? "pausing" : "asking";
    case "aborted":
      return status === "aborted" ? "stopped" : "waiting";
    case "answered": {
      const isNewStep = status === "running" && !message.content && !message.reasoning && !message.tool_calls;
      return isNewStep && model === last.model ? "asking" : "answered";
    }
    default:
      return last.state;
  }
}

/**
 * A link's state in words.
 * @param {Link} link
 * @param {number} now Milliseconds since the epoch.
 */
export function describe({ state, attempts, until }, now) {
  const times = attempts > 1 ? `, attempt ${attempts}` : "";
  switch (state) {
    case "waiting":
      return "standing by";
    case "asking":
      return `asking${times}…`;
    case "streaming":
      return `answering${times}…`;
    case "pausing": {
      const seconds = Math.ceil((until - now) / 1000);
      return attempts > 1 ? `retrying in ${seconds} s` : `asking in ${seconds} s`;
    }
    case "failed":
      return attempts > 1 ? `failed, ${attempts} attempts` : "failed";
    case "answered":
      return attempts > 1 ? `answered, attempt ${attempts}` : "answered";
    case "stopped":
      return "stopped";
    case "skipped":
      return "skipped";
  }
}
