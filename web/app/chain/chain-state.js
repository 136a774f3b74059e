// What would happen to each model of the chain now, and what has happened to it in this turn. No DOM here.

import { Models } from "./models.js";
import { Rests } from "./rests.js";

/**
 * @typedef {import("../../sparewheel.js").Event} Event
 * @typedef {import("../../sparewheel.js").Folded} Folded
 * @typedef {import("../../sparewheel.js").FoldedAttempt} FoldedAttempt
 * @typedef {import("../../sparewheel.js").ChainModel} ChainModel
 * @typedef {import("../../sparewheel.js").Kind} Kind
 * @typedef {"spare" | "ready" | "asking" | "answering" | "pausing" | "offline" | "slow" | "failed" | "answered" | "stopped"
 *   | "resting" | "no_key" | "skipped"} LinkState
 *
 * @typedef {object} Link One model of the chain.
 * @property {string} model
 * @property {string} name Without the provider.
 * @property {LinkState} state
 * @property {Kind | null} kind Why it failed, rests or is skipped.
 * @property {string} reason The same, as the runtime words it.
 * @property {number | null} since When it was asked; milliseconds since the epoch.
 * @property {number | null} until When it is asked (`pausing`) or rests no more (`resting`).
 * @property {FoldedAttempt[]} attempts Its last attempts, the latest first, of earlier turns too.
 * @property {ChainModel | null} facts What the session tells of it.
 */

/** How many attempts of a model are kept from turn to turn. */
const MAX_PAST = 5;

export class ChainState {
  /** The agent that answers, or answers next. */
  #agent = "";
  /** Its chain before the session has told. @type {readonly string[]} */
  #first;
  #models;
  #rests = new Rests();
  /** The agents of the steps of this turn, by step. @type {Map<number, string>} */
  #agents = new Map();
  #isRunning = false;
  /** When the step began. */
  #began = 0;
  /** The attempt that streamed last; 0 before the first one. */
  #streaming = 0;
  /** The model that waits for the network, if one does. */
  #offline = "";
  /** @type {Map<string, FoldedAttempt[]>} Attempts of earlier turns by model, the latest first. */
  #past;

  /**
   * @param {readonly string[]} first Its chain, primary first.
   * @param {Models} [models]
   * @param {Map<string, FoldedAttempt[]>} [past] What models did before, in other sessions too.
   */
  constructor(first, models = new Models(), past = new Map()) {
    this.#first = first;
    this.#models = models;
    this.#past = past;
  }

  /**
   * The state of another session's chain: what models did before is kept.
   * @param {readonly string[]} first Its chain, primary first.
   */
  renewed(first) {
    return new ChainState(first, this.#models, this.#past);
  }

  /**
   * @param {import("../../sparewheel.js").ChainState} told By `session.chain()`.
   * @param {number} now Milliseconds since the epoch.
   */
  know({ agent, agents }, now) {
    if (!this.#isRunning) this.#agent = agent; // else its events tell
    this.#models.know(agents);
    this.#rests.know(Object.values(agents).flat(), now);
  }

  /**
   * Keep what the reducer does not: pauses, skipped models, and which agent has which step.
   * @param {Event} event
   * @param {number} now Milliseconds since the epoch.
   * @returns {boolean} Whether a link may have changed.
   */
  push(event, now) {
    if (event.type === "skipped") this.#rests.skip(event, now); // also in a task: models are the session's
    if (event.task !== undefined) return event.type === "skipped";
    switch (event.type) {
      case "start":
        this.#isRunning = true;
        this.#agents.clear();
        this.#enter(1, event.agent, now);
        return true;
      case "step":
        this.#enter(event.step, event.agent, now);
        return true;
      case "delta":
      case "tool_call_delta": {
        const isFirst = event.attempt !== this.#streaming;
        this.#streaming = event.attempt;
        if (isFirst) this.#offline = "";
        return isFirst;
      }
      case "offline":
        this.#offline = event.model;
        return true;
      case "retry":
      case "fallback":
        this.#offline = "";
        this.#rests.ask(event.type === "retry" ? event.model : event.to);
        return true;
      case "finish":
      case "error":
      case "aborted":
        this.#isRunning = false;
        return true;
      default:
        return true;
    }
  }

  /**
   * @param {number} step
   * @param {string | null | undefined} agent
   * @param {number} now
   */
  #enter(step, agent, now) {
    this.#began = now;
    this.#streaming = 0;
    this.#offline = "";
    this.#agent = agent ?? this.#agent;
    this.#agents.set(step, this.#agent);
  }

  /** @param {Folded} folded A turn that is over: its attempts are the last ones of their models. */
  remember({ attempts }) {
    for (const attempt of attempts) {
      const past = this.#past.get(attempt.model) ?? [];
      // Its text stays in the turn.
      this.#past.set(attempt.model, [{ ...attempt, discarded_output: null }, ...past].slice(0, MAX_PAST));
    }
  }

  /**
   * The models of the agent that answers, or answers next.
   * @param {Folded} folded The last turn.
   * @param {number} now Milliseconds since the epoch.
   * @returns {Link[]}
   */
  links(folded, now) {
    const isRunning = folded.status === "running";
    const own = folded.attempts.filter(({ step }) => this.#agents.get(step) === this.#agent);
    const chain = this.#models.chain(this.#agent);
    const models = chain.length > 0 ? chain.map(({ model }) => model) : this.#first;
    const shown = [...new Set([...models, ...own.map(({ model }) => model).filter((model) => model !== "")])];
    shown.forEach((model) => this.#models.name(model)); // so that no two get the same name
    return shown.map((model, index) => {
      const facts = chain.find((each) => each.model === model) ?? null;
      const attempts = own.filter((attempt) => attempt.model === model);
      const past = isRunning ? (this.#past.get(model) ?? []) : [];
      const rest = this.#rests.of(model, now);
      const state = this.#state(model, attempts.at(-1), folded, rest, now, index);
      const failed = attempts.findLast((attempt) => attempt.state === "failed");
      const isOut = rest !== null && ["resting", "no_key", "skipped"].includes(state);
      return {
        model,
        name: this.#models.name(model),
        state,
        kind: (isOut ? rest.kind : failed?.kind) ?? null,
        reason: (isOut ? rest.reason : failed?.reason) ?? "",
        since: state === "asking" && !isLive(attempts.at(-1)) ? this.#began : (attempts.at(-1)?.asked_at ?? null),
        until: state === "pausing" ? (attempts.at(-1)?.asked_at ?? null) : state === "resting" ? (rest?.until ?? null) : null,
        attempts: isRunning ? [...attempts.toReversed(), ...past].slice(0, MAX_PAST) : (this.#past.get(model) ?? []),
        facts,
      };
    });
  }

  /**
   * @param {string} model
   * @param {FoldedAttempt | undefined} last Its last attempt in this turn.
   * @param {Folded} folded
   * @param {import("./rests.js").Rest | null} rest
   * @param {number} now
   * @param {number} index In the chain.
   * @returns {LinkState}
   */
  #state(model, last, { status, attempts, step, model: current }, rest, now, index) {
    const isRunning = status === "running";
    if (isRunning && model === this.#offline) return "offline";
    if (last && isLive(last)) {
      if (last.state === "streaming") return "answering";
      if (attempts.some((attempt) => attempt.step === last.step && attempt.state === "streaming")) return "slow";
      return (last.asked_at ?? 0) > now ? "pausing" : "asking";
    }
    const isFirstOfStep = isRunning && current === model && !attempts.some((attempt) => attempt.step === step);
    if (isFirstOfStep && !rest) return "asking";
    if (last?.state === "answered") return "answered";
    if (last?.state === "aborted") return status === "aborted" && last.attempt === attempts.at(-1)?.attempt ? "stopped" : "slow";
    if (rest?.kind === "no_key") return "no_key";
    if (rest) return rest.until === null ? "skipped" : "resting";
    if (last && !this.#rests.isOver(model, now)) return "failed";
    return index === 0 && !isRunning ? "ready" : "spare";
  }
}

/** @param {FoldedAttempt | undefined} attempt */
function isLive(attempt) {
  return attempt?.state === "waiting" || attempt?.state === "streaming";
}
