// The state of the page, in one place, and everything that can be done with it. A room gets the workbench, subscribes to
// what it shows, and calls methods:
//
//   workbench.subscribe({ turn(turn) {}, event(event, turn) {}, end(turn) {}, … })   the names are in `Handlers`
//   workbench.takeTurn(parts, options)   workbench.stop()   workbench.newChat()   workbench.openChat(id)
//   workbench.setAgent(yaml)   workbench.setKeys(env)
//   workbench.runtime · session · models · yaml · env · turn · phase · problem   what is, now
//
// Views keep no state of these, and no room reaches into the elements of another one.

import { BUILD, keepOffline, SparewheelError } from "../sparewheel.js";
import { BUILD as OWN } from "../boot/build.js";
import { Models } from "./chain/models.js";
import { Conversation } from "./conversation.js";
import { statusOf } from "./frame/status-view.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {"booting" | "ready" | "running" | "done" | "error" | "stopped"} Phase
 *
 * @typedef {object} Turn
 * @property {string} prompt What was sent.
 * @property {object} options The options it was sent with.
 * @property {AbortController} control
 * @property {Session | null} session null until there is one.
 * @property {import("../sparewheel.js").Transcript | null} transcript The fold of its events. The talk pushes them.
 * @property {SparewheelError | null} error Why it failed before or without an `error` event, or was stopped before it began.
 *
 * @typedef {object} Handlers
 * @property {(phase: Phase, text: string) => void} phase
 * @property {(progress: import("../sparewheel.js").Progress) => void} progress Of starting.
 * @property {(error: SparewheelError) => void} bootFailure
 * @property {(session: Session, reason: "first" | "changed" | "opened") => void} session Another session is used from here
 *   on: the first one, one for a changed agent file or other keys, or a stored one.
 * @property {() => void} newChat The conversation on the page is over; there is no session until the next prompt.
 * @property {(turn: Turn) => void} turn One begins.
 * @property {(event: Event, turn: Turn) => void} event
 * @property {(turn: Turn) => void} end After its terminal event, or after it failed without one (`turn.error`).
 * @property {(yaml: string) => void} agent
 * @property {(env: Readonly<Record<string, string>>) => void} keys
 * @property {(missing: readonly import("../sparewheel.js").MissingKey[], runs: boolean) => void} missingKeys The keys that the
 *   agent file asks for and `env` lacks; whether the agent runs without them.
 * @property {(problem: string) => void} problem Why the agent file cannot run; "" if it can.
 */

/** After the last change of the agent file or a key; then the file is checked. */
const SETTLE_MS = 500;

export class Workbench {
  /** @type {{[K in keyof Handlers]?: Handlers[K][]}} */
  #handlers = {};
  #conversation;
  /** Settles when there is an agent file, or none is to come: then with the reason. @type {Promise<SparewheelError | null>} */
  #agentLoaded = Promise.resolve(null);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  /** @type {Session | null} */
  session = null;
  /** @type {Turn | null} The turn that runs. */
  turn = null;
  models = new Models();
  yaml = "";
  /** @type {Readonly<Record<string, string>>} */
  env = {};
  /** @type {Phase} */
  phase = "booting";
  problem = "";

  /** @param {import("./keys/key-questions.js").KeyQuestions} keyQuestions */
  constructor(keyQuestions) {
    this.#conversation = new Conversation((progress) => this.#emit("progress", progress), keyQuestions);
  }

  /** The runtime. Starts one unless one is running; rejects if that fails. */
  get runtime() {
    return this.#conversation.start();
  }

  /** @param {Partial<Handlers>} handlers Called in the order in which they were subscribed. */
  subscribe(handlers) {
    for (const [name, handler] of Object.entries(handlers)) {
      const list = /** @type {Record<string, unknown[]>} */ (this.#handlers);
      (list[name] ??= []).push(handler);
    }
  }

  /**
   * @template {keyof Handlers} K
   * @param {K} name
   * @param {Parameters<Handlers[K]>} args
   */
  #emit(name, ...args) {
    for (const handler of this.#handlers[name] ?? []) /** @type {(...args: unknown[]) => void} */ (handler)(...args);
  }

  /**
   * @param {Phase} phase
   * @param {string} text
   */
  setPhase(phase, text) {
    this.phase = phase;
    this.#emit("phase", phase, text);
  }

  /** Start Python, and check the agent file. */
  async start() {
    if (!isOneBuild()) {
      const message = "a new version was deployed while the page was being loaded";
      this.#refuseToStart(new SparewheelError({ message, hint: "Reload the page." }));
      return;
    }
    this.setPhase("booting", "Starting…");
    try {
      await this.runtime;
    } catch (thrown) {
      if (this.turn) return; // it shows the error
      this.#refuseToStart(known(thrown));
      return;
    }
    void keepOffline();
    if (this.turn) return; // a prompt was waiting for this
    this.setPhase("ready", "Ready");
    this.check();
  }

  /** @param {SparewheelError} error Why the page cannot run. */
  #refuseToStart(error) {
    this.setPhase("error", "Could not start");
    this.#emit("bootFailure", error);
  }

  /** @param {Promise<unknown>} loaded Settles when the first agent file has been set: no session is opened before that. */
  expectAgent(loaded) {
    this.#agentLoaded = loaded.then(
      () => null,
      ({ message }) => new SparewheelError({ kind: "config", message: `The examples did not load: ${message}` }),
    );
  }

  /** @param {string} yaml */
  setAgent(yaml) {
    if (yaml === this.yaml) return;
    this.yaml = yaml;
    this.#emit("agent", yaml);
    this.#changed();
  }

  /** @param {Record<string, string>} env Keys by name. */
  setKeys(env) {
    this.env = env;
    this.#emit("keys", env);
    this.#changed();
  }

  #changed() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.check(), SETTLE_MS);
  }

  /** Open the session for the agent file, unless a turn runs; after it, this is done again. */
  check() {
    if (!this.turn) this.#openSession().catch(() => {}); // it is the `problem`
  }

  /**
   * The session for the agent file and the keys.
   * @returns {Promise<Session>}
   */
  async #openSession() {
    clearTimeout(this.#settling);
    const failure = await this.#agentLoaded;
    try {
      if (failure && this.yaml.trim() === "") throw failure;
      const { session, isNew } = await this.#conversation.session(this.yaml, this.env);
      this.#setProblem("");
      const { models, missingKeys } = session;
      const runs = models.some((model) => !missingKeys.some((key) => key.models.includes(model)));
      this.#emit("missingKeys", missingKeys, runs);
      if (isNew) {
        const reason = this.session ? "changed" : "first";
        this.session = session;
        this.#emit("session", session, reason);
      }
      return session;
    } catch (thrown) {
      const { message, hint, kind, key_requests: refused, missing_keys: missing } = known(thrown);
      const next = refused ? "Send a prompt to be asked again." : hint;
      if (missing?.length) this.#emit("missingKeys", missing, false);
      if (kind === "config") this.#setProblem(`${message}\n${next}`.trim());
      throw thrown;
    }
  }

  /** @param {string} problem */
  #setProblem(problem) {
    if (problem === this.problem) return;
    this.problem = problem;
    this.#emit("problem", problem);
  }

  /**
   * Run a turn. Does nothing if one is running. Its failure is shown, and is not thrown.
   * @param {string} prompt
   * @param {import("../sparewheel.js").TurnOptions} [options]
   */
  async takeTurn(prompt, options = {}) {
    if (this.turn) return;
    const control = new AbortController();
    /** @type {Turn} */
    const turn = { prompt, options, control, session: null, transcript: null, error: null };
    this.turn = turn;
    this.#conversation.reconsider();
    this.#emit("turn", turn);
    try {
      turn.session = await Promise.race([this.#openSession(), stopped(control.signal)]);
      this.setPhase("running", "Asking…");
      for await (const event of turn.session.stream(prompt, { ...options, signal: control.signal })) this.#take(event, turn);
    } catch (thrown) {
      turn.error = known(thrown);
      const isAborted = turn.error.kind === "aborted";
      this.setPhase(isAborted ? "stopped" : "error", isAborted ? "Stopped" : "Failed");
    } finally {
      this.turn = null;
      this.#emit("end", turn);
      this.check();
    }
  }

  /**
   * @param {Event} event
   * @param {Turn} turn
   */
  #take(event, turn) {
    this.#emit("event", event, turn);
    const text = statusOf(event);
    if (event.type === "error") this.setPhase("error", "Failed");
    else if (event.type === "aborted") this.setPhase("stopped", "Stopped");
    else if (text !== null) this.setPhase(event.type === "finish" ? "done" : "running", text);
  }

  /** Stop the turn that runs. */
  stop() {
    this.turn?.control.abort();
  }

  /** Begin a new conversation. The old one stays in the store. */
  newChat() {
    this.stop();
    this.#conversation.leave();
    this.session = null;
    this.#emit("newChat");
    this.check();
  }

  /** @param {string} id Of a stored conversation. */
  async openChat(id) {
    this.stop();
    this.session = await this.#conversation.open(id, this.yaml, this.env);
    this.#emit("session", this.session, "opened");
  }
}

/** Whether the page, this script and the runtime's are of one build: a deploy may have come between them. */
function isOneBuild() {
  const page = document.querySelector('meta[name="build"]')?.getAttribute("content");
  return page === OWN && OWN === BUILD;
}

/** @param {unknown} thrown */
function known(thrown) {
  if (thrown instanceof SparewheelError) return thrown;
  return new SparewheelError({ message: thrown instanceof Error ? thrown.message : String(thrown) });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function stopped(signal) {
  const error = new SparewheelError({ kind: "aborted", message: "aborted" });
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(error)));
}
