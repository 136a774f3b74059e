// What happened to each model of the chain in this turn. No DOM here.

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {"waiting" | "asking" | "streaming" | "pausing" | "failed" | "answered" | "stopped" | "skipped"} LinkState
 *
 * @typedef {object} Link One model of the chain.
 * @property {string} model
 * @property {LinkState} state
 * @property {string} reason Why it failed, the last time it did.
 * @property {number} attempts How often it has been asked.
 * @property {number} until When it is asked again, while it is pausing; milliseconds since the epoch.
 */

/**
 * @param {string} model
 * @returns {Link}
 */
const idle = (model) => ({ model, state: "waiting", reason: "", attempts: 0, until: 0 });

export class ChainState {
  /** @type {Link[]} */
  links;
  /** @type {Link | undefined} The model whose turn it is. */
  #current;
  /** @type {Map<number, Link>} Who makes which attempt, for two may be asked at once. */
  #attempts = new Map();

  /** @param {string[]} models Primary first. */
  constructor(models) {
    this.links = models.map(idle);
  }

  /**
   * @param {Event} event
   * @param {number} now Milliseconds since the epoch.
   * @returns {boolean} Whether anything changed.
   */
  push(event, now) {
    if (event.task !== undefined) return false; // a sub-agent has a chain of its own
    switch (event.type) {
      case "start":
        this.links = this.links.map(({ model }) => idle(model));
        this.#attempts.clear();
        this.#ask(event.model, 1, 0, now);
        return true;
      case "step":
        return this.#settle("asking");
      case "delta":
      case "tool_call_delta":
        this.#current = this.#attempts.get(event.attempt) ?? this.#current;
        if (this.#current?.state === "streaming") return false;
        this.#giveUp();
        return this.#settle("streaming");
      case "tool_call":
        return this.#current?.state === "streaming" && this.#settle("answered");
      case "retry":
        this.#settle("failed", event.reason);
        this.#ask(event.model, event.attempt, event.delay_ms, now);
        return true;
      case "fallback":
        this.#settle("failed", event.reason);
        this.#ask(event.to, event.attempt, event.delay_ms, now);
        return true;
      case "hedge":
        this.#ask(event.to, event.attempt, 0, now);
        return true;
      case "skipped":
        Object.assign(this.#link(event.model), { state: "skipped", reason: event.reason });
        return true;
      case "finish":
        this.#current = this.#link(event.model);
        this.#giveUp();
        return this.#settle("answered");
      case "exhausted":
        return this.#settle("failed", event.final_error.message);
      case "error":
        this.#giveUp();
        return this.#current?.state !== "failed" && this.#settle("failed", event.message);
      case "aborted":
        this.#giveUp();
        return this.#settle("stopped");
      default:
        return false;
    }
  }

  /** @param {string} model */
  #link(model) {
    let link = this.links.find((candidate) => candidate.model === model);
    if (!link) this.links.push((link = idle(model)));
    return link;
  }

  /** Those who were asked beside the one that counts stand by again. */
  #giveUp() {
    for (const link of this.links) {
      if (link !== this.#current && (link.state === "asking" || link.state === "streaming")) link.state = "waiting";
    }
  }

  /**
   * @param {string} model
   * @param {number} attempt
   * @param {number} delay Milliseconds until it is asked.
   * @param {number} now
   */
  #ask(model, attempt, delay, now) {
    const link = this.#link(model);
    this.#attempts.set(attempt, link);
    link.state = delay > 0 ? "pausing" : "asking";
    link.until = now + delay;
    link.attempts += 1;
    this.#current = link;
  }

  /**
   * @param {LinkState} state
   * @param {string} [reason]
   */
  #settle(state, reason) {
    if (!this.#current) return false;
    this.#current.state = state;
    if (reason !== undefined) this.#current.reason = reason;
    return true;
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
      if (seconds <= 0) return `asking${times}…`;
      return attempts > 1 ? `retrying in ${seconds} s` : `asking in ${seconds} s`;
    }
    case "failed":
      return attempts > 1 ? `failed, ${attempts} attempts` : "failed";
    case "answered":
      return attempts > 1 ? `answered, attempt ${attempts}` : "answered";
    case "stopped":
      return "stopped";
    case "skipped":
      return "passed over";
  }
}
