import { sum } from "./usage.js";

/**
 * @typedef {import("./sparewheel.js").FoldedAttempt} FoldedAttempt
 * @typedef {import("./events.js").Kind} Kind
 * @typedef {Extract<import("./events.js").Event, {type: "retry" | "fallback"}>} Change
 */

/** A model with this kind of reason was passed over: none of its attempts has failed. @type {readonly Kind[]} */
const PASSED_OVER = ["circuit_breaker", "no_key", "skipped"];
const INTERRUPTED = "The turn was interrupted.";

/** The attempts of a turn, as far as its events tell. Attempts of sub-agents are missing. */
export class Attempts {
  /** The model that answers or answered. @type {string | null} */
  model = null;
  /** The running attempt; 0 before the first one of a step. */
  current = 0;
  step = 1;
  /** The time of the event that is folded: milliseconds of the caller's clock. @type {number | null} */
  now = null;
  /** By number, from 1. @type {FoldedAttempt[]} */
  #records = [];

  /**
   * The attempt with this number is made after a delay. If a number comes twice, the first model was skipped.
   * @param {number} attempt
   * @param {string} model
   * @param {number} [delay] Milliseconds.
   */
  begin(attempt, model, delay = 0) {
    this.model = model;
    this.current = attempt;
    const known = this.#records[attempt - 1];
    if (known && known.model === model && isUnderWay(known)) return; // the other one of a race goes on
    this.#records[attempt - 1] = {
      attempt,
      model,
      step: this.step,
      state: "waiting",
      reason: "",
      kind: null,
      discarded: false,
      discarded_output: null,
      usage: null,
      cost: null,
      asked_at: this.now === null ? null : this.now + delay,
      first_at: null,
      ended_at: null,
    };
  }

  /**
   * The turn goes on after it was interrupted or has failed. What was asked then gets no answer any more.
   * @param {number} attempt The one that is asked now; 0: none.
   * @param {string} model
   */
  goOn(attempt, model) {
    for (const record of this.#records) if (record && isUnderWay(record)) this.fail(record.attempt, INTERRUPTED, "aborted");
    Object.assign(this, { model, current: 0 });
    if (attempt > 0) this.begin(attempt, model);
  }

  /**
   * The answer of an attempt goes on over another connection. After a reload its model is one that no event has named.
   * @param {number} attempt
   * @param {string} model
   */
  takeUp(attempt, model) {
    const record = this.record(attempt);
    if (isUnderWay(record)) Object.assign(record, { model });
    else this.begin(attempt, model);
    this.model = model;
  }

  /** @param {number} attempt */
  hasAnswered(attempt) {
    return this.#records[attempt - 1]?.state === "answered";
  }

  /**
   * The first attempt of a further step has not been announced.
   * @param {number} attempt
   * @returns {FoldedAttempt}
   */
  record(attempt) {
    if (!this.#records[attempt - 1]) this.begin(attempt, this.model ?? "");
    return /** @type {FoldedAttempt} */ (this.#records[attempt - 1]);
  }

  /**
   * The attempt shows its first output.
   * @param {number} attempt
   */
  stream(attempt) {
    const record = this.record(attempt);
    record.state = "streaming";
    record.first_at ??= this.now;
    this.current = attempt;
  }

  /**
   * The attempt failed.
   * @param {number} attempt 0: none.
   * @param {string} reason
   * @param {Kind} kind
   */
  fail(attempt, reason, kind) {
    if (attempt === 0) return;
    const record = this.record(attempt);
    Object.assign(record, { state: "failed", reason, kind, ended_at: record.ended_at ?? this.now });
  }

  /** @param {{reason: string, kind: Kind}} why Why the running attempt failed. */
  failCurrent({ reason, kind }) {
    if (this.#records[this.current - 1]?.state !== "failed") this.fail(this.current, reason, kind);
  }

  /**
   * A model is asked in the place of an attempt that failed, or of a model that was passed over.
   * @param {Change} event
   */
  change(event) {
    const [from, to] = event.type === "retry" ? [event.model, event.model] : [event.from, event.to];
    if (!PASSED_OVER.includes(event.kind)) {
      const failed = this.#records.findLast((record) => record?.model === from && isUnderWay(record));
      this.fail(failed?.attempt ?? event.attempt - 1, event.reason, event.kind);
    }
    this.begin(event.attempt, to, event.delay_ms);
  }

  /**
   * The conversation was too long for an attempt and was shortened, unless that was done before the step.
   * @param {{attempt: number, model: string}} event `attempt` is the next one.
   */
  compact({ attempt, model }) {
    const last = this.#records[attempt - 2];
    if (!last || !isUnderWay(last)) return;
    this.fail(last.attempt, "The conversation was too long.", "context_overflow");
    this.begin(attempt, model);
  }

  /**
   * @param {number} attempt
   * @param {{text: string, reasoning: string}} output What is void.
   */
  discard(attempt, output) {
    Object.assign(this.record(attempt), { discarded: true, discarded_output: output });
  }

  /** @param {Extract<import("./events.js").Event, {type: "usage"}>} event */
  use({ attempt, model, cost, ...usage }) {
    const record = this.record(attempt);
    record.model = model;
    record.cost = cost;
    record.usage = sum(null, usage);
    record.ended_at ??= this.now;
  }

  /**
   * The running attempt ends; others beside it were cancelled.
   * @param {FoldedAttempt["state"]} state
   */
  end(state) {
    for (const record of this.#records) {
      if (!record) continue; // a sub-agent's
      if (record.attempt === this.current) record.state = state;
      else if (isUnderWay(record)) record.state = "aborted";
      else continue;
      record.ended_at ??= this.now;
    }
  }

  /** Copies of the records, by number. */
  folded() {
    return this.#records.flatMap((record) => [{ ...record }]); // flatMap skips the gaps
  }
}

/** @param {FoldedAttempt} attempt */
function isUnderWay({ state }) {
  return state === "waiting" || state === "streaming";
}
