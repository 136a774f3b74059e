// One run of code in a Python of the sandbox: passes on what it prints and calls, within its limits.

import { messageOf } from "../errors.js";
import { Clock } from "./clock.js";
import { readMessage } from "./messages.js";

/**
 * @typedef {import("../../protocol.js").CodeRunRequest} Request
 * @typedef {import("../../protocol.js").CodeEnd} End
 * @typedef {import("../../protocol.js").CodePiece} Piece
 * @typedef {import("./python.js").Python} Python
 * @typedef {import("./messages.js").Output} Output
 * @typedef {import("./messages.js").Call} Call
 */

/** Messages of one run, most of them prints: more are a flood. */
const MAX_MESSAGES = 20_000;
/** Calls of one run that wait for their answers. */
const MAX_OPEN_CALLS = 100;
const OUT_OF_MEMORY = /out of memory|allocation failed|memory access out of bounds/i;

export class Run {
  #python;
  #id;
  #limits;
  #onPiece;
  #functions;
  #clock;
  #unwatch;
  #messages = 0;
  #printed = 0;
  /** @type {Set<number>} */
  #calls = new Set();
  #lastCall = -1;
  /** @type {(end: End) => void} */
  #resolve = () => {};
  /** @type {Promise<End>} Resolves when the code has ended, or was ended together with its Python. Never rejects. */
  ended = new Promise((resolve) => (this.#resolve = resolve));
  #over = false;

  /**
   * @param {Python} python One that is ready.
   * @param {number} id
   * @param {Request} request
   * @param {string[]} packages Paths of wheels in Python's file system.
   * @param {(piece: Piece) => void} onPiece
   */
  constructor(python, id, { code, files, keep, functions, limits }, packages, onPiece) {
    this.#python = python;
    this.#id = id;
    this.#limits = limits;
    this.#onPiece = onPiece;
    this.#functions = new Set(functions.map(({ name }) => name));
    python.listen((sent) => this.#hear(sent));
    void python.died.then((reason) => this.#stop(OUT_OF_MEMORY.test(reason) ? "memory" : "died", reason));
    const seconds = limits.time_ms / 1000;
    const ping = () => python.ping();
    const after = python.after.bind(python);
    this.#clock = new Clock(after, limits.time_ms, () => this.#stop("time", `it did not end within ${seconds} s`), ping);
    this.#unwatch = python.watch();
    python.post({ type: "run", id, code, files, keep, functions, packages, limits });
  }

  /** End it at once. */
  stop() {
    this.#stop("stopped", "it was stopped");
  }

  /**
   * The answer to a call of the code.
   * @param {number} call
   * @param {{value?: unknown, error?: string}} answer
   * @returns {boolean} Whether the code still waits for it.
   */
  answer(call, { value, error }) {
    if (this.#over || !this.#calls.delete(call)) return false;
    this.#python.post({ type: "answer", id: this.#id, call, ...(error === undefined ? { value } : { error }) });
    this.#clock.resume();
    return true;
  }

  /** @param {unknown} sent */
  #hear(sent) {
    if (++this.#messages > MAX_MESSAGES) return this.#stop("output", `it sent more than ${MAX_MESSAGES} messages`);
    if (sent === "pong") {
      this.#messages--;
      return this.#clock.answered();
    }
    let message;
    try {
      message = readMessage(sent, this.#id, this.#limits);
    } catch (thrown) {
      return this.#stop("died", `what it sent cannot be used: ${messageOf(thrown)}`);
    }
    if (message?.type === "output") this.#print(message);
    else if (message?.type === "call") this.#call(message);
    else if (message?.type === "result") this.#end({ status: "done", result: message.result, detail: "" });
  }

  /** @param {Output} output */
  #print({ stream, text }) {
    const left = this.#limits.output_chars - this.#printed;
    this.#printed += text.length;
    if (left > 0 && text) this.#onPiece({ type: "output", stream, text: text.slice(0, left) });
    if (text.length > left) this.#stop("output", `it printed more than ${this.#limits.output_chars} characters`);
  }

  /** @param {Call} call */
  #call({ call, name, args }) {
    if (call <= this.#lastCall) return; // each has a number of its own
    this.#lastCall = call;
    const refuse = (/** @type {string} */ error) => this.#python.post({ type: "answer", id: this.#id, call, error });
    if (!this.#functions.has(name)) return refuse(`there is no function ${name}`);
    if (this.#calls.size >= MAX_OPEN_CALLS) return refuse(`${MAX_OPEN_CALLS} calls are open; wait for some of them first`);
    this.#calls.add(call);
    this.#clock.wait();
    this.#onPiece({ type: "call", id: call, name, args });
  }

  /**
   * @param {Exclude<End["status"], "done">} status
   * @param {string} detail
   */
  #stop(status, detail) {
    if (this.#over) return;
    this.#python.end();
    this.#end({ status, result: null, detail });
  }

  /** @param {End} end */
  #end(end) {
    if (this.#over) return;
    this.#over = true;
    this.#clock.stop();
    this.#unwatch();
    this.#python.listen(() => {});
    this.#resolve(end);
  }
}
