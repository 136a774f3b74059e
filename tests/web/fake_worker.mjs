// A worker without a thread: what the page posts is recorded, what it hears is said by the test.

export class FakeWorker extends EventTarget {
  /** What was posted: the boot message, then commands, parsed. */
  posted = [];
  terminated = false;
  hangs = false;
  #waiting = [];

  postMessage(data) {
    if (this.terminated) return;
    if (data?.type === "ping") {
      if (!this.hangs) this.say({ type: "pong" });
      return;
    }
    this.posted.push(typeof data === "string" ? JSON.parse(data) : data);
    this.#waiting.splice(0).forEach((wake) => wake());
  }

  terminate() {
    this.terminated = true;
  }

  /** Resolves with the nth command (from 0) of this method, as soon as it has been posted. */
  async command(method, nth = 0) {
    for (;;) {
      const found = this.posted.filter((command) => command.method === method)[nth];
      if (found) return found;
      await new Promise((wake) => this.#waiting.push(wake));
    }
  }

  commands(method) {
    return this.posted.filter((command) => command.method === method);
  }

  /** The pieces of answers to host calls so far, without their type. */
  get pieces() {
    return this.posted.filter(({ type }) => type === "piece").map(({ type: _, ...piece }) => piece);
  }

  /** Resolves with the first pieces as soon as so many have been posted. */
  async firstPieces(count) {
    while (this.pieces.length < count) await new Promise((wake) => this.#waiting.push(wake));
    return this.pieces.slice(0, count);
  }

  /** A host call. */
  call(call, what, input, more = {}) {
    this.say(JSON.stringify({ type: "call", call, what, input, credit: 8, ...more }));
  }

  cancel(call, linger = false) {
    this.say(JSON.stringify({ type: "call_cancel", call, linger }));
  }

  grant(call, pieces) {
    this.say(JSON.stringify({ type: "call_credit", call, pieces }));
  }

  say(data) {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  progress(stage, more = {}) {
    this.say({ type: "progress", stage, message: stage, ms: 1, ...more });
  }

  ready() {
    this.say({ type: "ready", ms: 2 });
  }

  reply(command, result) {
    this.say(JSON.stringify({ type: "reply", id: command.id, result }));
  }

  refuse(command, error) {
    const facts = { hint: "", code: "unknown", retryable: false, attempts: [], ...error };
    this.say(JSON.stringify({ type: "reply", id: command.id, error: facts }));
  }

  events(session, ...events) {
    this.say(JSON.stringify({ type: "events", session, events }));
  }

  fail(message) {
    this.dispatchEvent(Object.assign(new Event("error"), { message }));
  }
}

/** Events of one turn, numbered. */
export function turn(id, ...events) {
  return events.map((event, index) => ({ turn: id, seq: index + 1, ...event }));
}

export const START = { type: "start", agent: "root", model: "demo/hello" };
export const HELLO = { type: "delta", attempt: 1, index: 0, content: "Hello" };
const MESSAGE = { role: "assistant", content: "Hello" };
const NO_USAGE = { input_tokens: null, output_tokens: null, cached_tokens: null, written_tokens: null, reasoning_tokens: null };
export const retry = (attempt, model = "demo/hello") => ({
  type: "retry", model, attempt, delay_ms: 10, retrying_at: "2030-01-01T00:00:00Z", kind: "overloaded",
  code: "server_error", reason: "no room", status: 529,
});
export const fallback = (from, to, attempt) => ({
  type: "fallback", from, to, attempt, delay_ms: 0, kind: "stream_truncated", code: "network_error", reason: "it broke off",
});
export const FINISH = { type: "finish", reason: "stop", model: "demo/hello", message: MESSAGE, usage: NO_USAGE };
export const ABORTED = { type: "aborted", reason: "user", partial: "Hello", message: MESSAGE, usage: null };
export const ERROR = {
  type: "error",
  message: "all models failed",
  kind: "overloaded",
  code: "server_error",
  hint: "Wait.",
  retryable: true,
  attempts: [],
  partial_message: null,
  usage: null,
};
export const RESULT = {
  message: MESSAGE,
  model: "demo/hello",
  finish_reason: "stop",
  attempts: [{ attempt: 1, model: "demo/hello", outcome: "ok" }],
};
