import { confirmParams, respondParams } from "../client/decisions.js";
import { guarded } from "../client/listener.js";
import { HeldCalls } from "./held-calls.js";
import { aborted, ourDecision, theirError, theirEvent, theirResult } from "./translate.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {Extract<Event, {type: "tool_confirmation"}>} Question
 */

const DECISIONS = ["approve", "approve_tool", "approve_balanced", "approve_autonomous", "reject"];
const ACTIONS = ["accept", "decline", "cancel"];

/** Calls a session's handler: not after an abort, and for one confirmation at a time. */
export class Turns {
  #handler;
  #held = new HeldCalls((event) => this.#handler?.(theirEvent(event)));
  /** @type {Question[]} Calls that wait for the user; the handler was called for the first. */
  #waiting = [];
  /** @type {{stopped: boolean} | null} The turn that runs. */
  active = null;

  /** @param {unknown} handler */
  constructor(handler) {
    this.#handler = typeof handler === "function" ? guarded(/** @type {any} */ (handler), "onEvent") : null;
  }

  /** Without a handler there is no listener: then no user can be asked, and the runtime declines. */
  get listener() {
    return this.#handler ? (/** @type {Event} */ event) => this.#receive(event) : undefined;
  }

  /** The call that `confirm` is about. */
  get pending() {
    return this.#waiting[0];
  }

  /**
   * @param {string} decision The user's, on the pending call.
   * @param {string | undefined} toolName
   */
  decided(decision, toolName) {
    const [decided, ...others] = this.#waiting;
    const covered = (/** @type {Question} */ { name, agent }) =>
      decision === "approve_autonomous" || (decision === "approve_tool" && name === toolName && agent === decided?.agent);
    this.#waiting = others.filter((question) => !covered(question));
    if (decision !== "reject") {
      for (const question of [decided, ...others.filter(covered)]) if (question) this.#held.runs(question.id);
    }
    this.#ask();
  }

  stop() {
    if (this.active) this.active.stopped = true;
    this.#waiting = [];
    this.#held.clear();
  }

  /** @param {Event} event */
  #receive(event) {
    if (this.active?.stopped || event.type === "aborted" || this.#held.holds(event)) return;
    if (event.type === "tool_confirmation") {
      this.#waiting.push(event);
      if (this.#waiting.length === 1) this.#ask();
      return;
    }
    if (event.type === "tool_result" || event.type === "tool_blocked") this.#drop(event.id);
    if (event.type === "finish" || event.type === "error") this.#waiting = [];
    this.#handler?.(theirEvent(event));
  }

  /** @param {string} id A call that no longer waits. */
  #drop(id) {
    const wasFirst = this.pending?.id === id;
    this.#waiting = this.#waiting.filter((question) => question.id !== id);
    if (wasFirst) this.#ask();
  }

  #ask() {
    if (this.pending) this.#handler?.(theirEvent(this.pending));
  }
}

/**
 * The handle that docker-agent's createSession gives.
 * @param {Session} session
 * @param {Turns} turns
 * @returns {import("./docker-agent.d.ts").DockerAgentSession}
 */
export function handle(session, turns) {
  let restarting = false;
  /** @type {Promise<void> | null} */
  let closing = null;
  const checkOpen = () => {
    if (closing) throw new Error("session is closed");
  };

  return {
    async send(prompt) {
      if (typeof prompt !== "string") throw new Error("send: expected a prompt string");
      checkOpen();
      if (restarting) throw new Error("session is restarting");
      if (turns.active) throw new Error("embeddedchat: a run is already active");
      const turn = (turns.active = { stopped: false });
      try {
        const result = await session.send(prompt);
        if (turn.stopped) throw aborted();
        return theirResult(result);
      } catch (error) {
        throw turn.stopped ? aborted() : theirError(error);
      } finally {
        turns.active = null;
      }
    },

    async confirm(...args) {
      checkOpen();
      const params = confirmParams(args);
      const { toolName, reason = "" } = params;
      const decision = /** @type {string} */ (params.decision);
      if (!DECISIONS.includes(decision)) throw new Error(`unknown decision "${decision}" (${DECISIONS.join(", ")})`);
      if (decision === "approve_tool" && !toolName) throw new Error("approve_tool requires toolName");
      const { pending } = turns;
      if (!pending) throw new Error("no tool confirmation is pending");
      await session.confirm(/** @type {any} */ ({ decision: ourDecision(decision), toolName, reason, id: pending.id }));
      if (turns.pending === pending) turns.decided(decision, toolName);
    },

    async respondToElicitation(answer) {
      checkOpen();
      const params = respondParams(answer);
      if (!ACTIONS.includes(params.action)) {
        throw new Error(`unknown elicitation action "${params.action}" (${ACTIONS.join(", ")})`);
      }
      await session.respondToElicitation(/** @type {any} */ (params));
    },

    async restart() {
      checkOpen();
      if (restarting) throw new Error("session is restarting");
      restarting = true;
      turns.stop();
      try {
        await session.restart();
      } finally {
        restarting = false;
      }
    },

    abort() {
      turns.stop();
      session.abort();
    },

    close() {
      turns.stop();
      closing ??= session.close();
      return closing;
    },
  };
}
