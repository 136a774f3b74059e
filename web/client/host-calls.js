import { messageOf } from "./errors.js";
import { toJson } from "./json.js";
import { isObject } from "./config-error.js";

/**
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("./options.js").Functions} Functions
 *
 * @typedef {{what: "tool", name: string, args: Record<string, unknown>, call_id: string}} ToolAsk
 * @typedef {{what: "hook", event: string, index: number, input: Record<string, unknown>}} HookAsk
 * @typedef {{ask: number, session: string} & (ToolAsk | HookAsk)} Ask
 */

/**
 * Calls the embedder's functions for the worker, and answers once for each call, whatever they do. How long a call may
 * take is the worker's to decide: it takes its question back, and the call's signal aborts.
 */
export class Asks {
  #client;
  /** @type {Map<string, Functions>} By session. */
  #functions = new Map();
  /** @type {Map<number, {session: string, control: AbortController}>} What is being worked on, by number of the ask. */
  #open = new Map();

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
    client.on("ask", (ask) => this.#answer(ask));
    client.on("ask_cancel", ({ ask }) => this.#cancel(ask));
    client.closed.then(() => this.#cancelAll(() => true));
  }

  /**
   * @param {string} session
   * @param {Functions} functions
   */
  add(session, functions) {
    this.#functions.set(session, functions);
  }

  /** @param {string} session One that has ended. */
  remove(session) {
    this.#functions.delete(session);
    this.#cancelAll((open) => open.session === session);
  }

  /** @param {Ask} ask */
  async #answer(ask) {
    const control = new AbortController();
    this.#open.set(ask.ask, { session: ask.session, control });
    /** @type {Record<string, unknown>} */
    let answer;
    try {
      answer = { ask: ask.ask, result: await this.#call(ask, control.signal) };
    } catch (thrown) {
      answer = { ask: ask.ask, error: messageOf(thrown) || "it failed without saying why" };
    }
    // Taken back meanwhile: nobody wants the answer any more.
    if (this.#open.delete(ask.ask)) this.#client.tell("answer", answer);
  }

  /**
   * @param {Ask} ask
   * @param {AbortSignal} signal
   */
  async #call(ask, signal) {
    const functions = this.#functions.get(ask.session);
    if (ask.what === "tool") {
      const tool = functions?.tools.get(ask.name);
      if (!tool) throw new Error(`the page has no tool named "${ask.name}"`);
      return checked(await tool(ask.args, { signal, callId: ask.call_id }), `the tool "${ask.name}"`);
    }
    const { what } = /** @type {{what: string}} */ (ask);
    if (what !== "hook") throw new Error(`the page cannot answer a question of this kind: "${what}"`);
    const hook = functions?.hooks[ask.index];
    if (!hook) throw new Error(`the page has no hook for "${ask.event}"`);
    const who = `the hook for "${ask.event}"`;
    const output = checked(await hook(ask.input, { signal, event: ask.event }), who);
    if (output !== null && !isObject(output)) throw new Error(`${who} returned something that is not an object`);
    return output;
  }

  /** @param {number} ask */
  #cancel(ask) {
    const open = this.#open.get(ask);
    this.#open.delete(ask);
    open?.control.abort();
  }

  /** @param {(open: {session: string}) => boolean} concerned */
  #cancelAll(concerned) {
    for (const [ask, open] of [...this.#open]) {
      if (concerned(open)) this.#cancel(ask);
    }
  }
}

/**
 * What a function returned, if it can be sent; nothing at all becomes null.
 * @param {unknown} value
 * @param {string} who
 */
function checked(value, who) {
  try {
    toJson(value);
  } catch (thrown) {
    throw new Error(`${who} returned something that is not plain JSON: ${messageOf(thrown)}`);
  }
  return value ?? null;
}
