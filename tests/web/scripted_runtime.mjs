// A runtime whose sessions play turns that a test has written, with the listener and the promises of real ones.

import { turn } from "./fake_worker.mjs";

export class ScriptedRuntime {
  /** By id: what the store has. */
  stored = new Map();
  created = [];
  #turns = 0;

  /** @param {(session: ScriptedSession) => (unknown[] | Promise<unknown>)[]} script The events of the next turn: objects, or functions to await. */
  constructor(script) {
    this.script = script;
  }

  sessions = {
    list: async () => [...this.stored.keys()].map((id) => ({ id, state: "idle" })),
    open: async (id, options, listener) => {
      const session = new ScriptedSession(this, id, options, listener);
      const interrupted = this.stored.get(id)?.interrupted;
      if (interrupted) listener({ type: "restored", turn: null, seq: null, interrupted, partial: "", state: "interrupted" });
      return session;
    },
  };

  async createSession(options, listener) {
    const session = new ScriptedSession(this, options.id, options, listener);
    this.created.push(session);
    this.stored.set(session.id, {});
    return session;
  }

  name() {
    return `turn-${++this.#turns}`;
  }
}

export class ScriptedSession {
  readOnly = false;
  prompts = [];
  decisions = [];
  forks = [];
  closed = false;
  #busy = false;
  #answers = new Map();

  constructor(runtime, id, options, listener) {
    Object.assign(this, { runtime, id, options, listener });
  }

  send(prompt, { signal } = {}) {
    this.prompts.push(prompt);
    return this.#play(this.runtime.name(), signal);
  }

  resume({ signal } = {}) {
    return this.#play(this.runtime.stored.get(this.id).interrupted, signal);
  }

  async confirm(decision) {
    this.decisions.push(decision);
    const answer = this.#answers.get(decision.id);
    if (!answer) throw new Error("no call waits");
    this.#answers.delete(decision.id);
    answer(decision);
  }

  async fork(options, listener) {
    this.forks.push(options);
    return new ScriptedSession(this.runtime, `${this.id}-branch`, this.options, listener);
  }

  async close() {
    this.closed = true;
  }

  /** For scripts: resolves with the decision on a call. */
  decided(id) {
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  async #play(id, signal) {
    if (this.#busy) throw Object.assign(new Error("the session is busy"), { kind: "config", hint: "Wait." });
    if (signal?.aborted) throw Object.assign(new Error("aborted"), { kind: "aborted" });
    this.#busy = true;
    const stopped = new Promise((resolve) => signal?.addEventListener("abort", () => resolve("stopped")));
    let seq = 0;
    const put = (event) => this.listener({ ...turn(id, event)[0], seq: ++seq });
    put({ type: "start", agent: "root", model: "p/a" });
    const script = this.runtime.script(this, put);
    let outcome = "";
    try {
      for (let next = script.next(); ; ) {
        outcome = await Promise.race([next, stopped]);
        if (outcome === "stopped" || outcome.done) break;
        put(outcome.value);
        next = script.next();
      }
    } finally {
      this.#busy = false;
    }
    if (outcome === "stopped") {
      put({ type: "aborted", reason: "user", partial: "", message: null, usage: null });
      throw Object.assign(new Error("aborted"), { kind: "aborted" });
    }
  }
}
