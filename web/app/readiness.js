// Whether a turn could run: the phase that the page is in, and what keeps the agent file from running.

/** @typedef {import("./room-events.js").Phase} Phase */

export class Readiness {
  #events;
  #isBusy;
  /** @type {Phase} */
  phase = "booting";
  problem = "";
  /** Whether no model of the agent file has the keys it needs. */
  needsKey = false;

  /**
   * @param {import("./room-events.js").RoomEvents} events
   * @param {() => boolean} isBusy Whether a turn runs: the phase is its own then.
   */
  constructor(events, isBusy) {
    this.#events = events;
    this.#isBusy = isBusy;
  }

  /**
   * @param {Phase} phase
   * @param {string} text
   */
  setPhase(phase, text) {
    this.phase = phase;
    this.#events.emit("phase", phase, text);
  }

  /** Python has started. */
  begin() {
    this.phase = "ready";
    this.showIdle();
  }

  /** While no turn runs: whether one could. What was answered by the file before is not what would answer now. */
  showIdle() {
    if (this.#isBusy() || this.phase === "booting") return;
    if (this.problem) this.setPhase("error", "This agent cannot run");
    else if (this.needsKey) this.setPhase("error", "This agent needs a key");
    else this.setPhase("ready", "Ready");
  }

  /**
   * @param {string} problem Why the agent file cannot run; "" if it can.
   * @param {boolean} needsKey
   */
  setProblem(problem, needsKey) {
    const isNew = problem !== this.problem;
    if (!isNew && needsKey === this.needsKey) return;
    this.problem = problem;
    this.needsKey = needsKey;
    if (isNew) this.#events.emit("problem", problem);
    this.showIdle();
  }
}
