import { isObject } from "./config-error.js";
import { messageOf } from "./errors.js";
import { toJson } from "./json.js";

/** @typedef {import("./options.js").Functions} Functions */

/** The embedder's tools and hooks, by session. */
export class PageFunctions {
  #calls;
  /** @type {Map<string, Functions>} */
  #sessions = new Map();

  /** @param {import("./host-calls.js").HostCalls} calls */
  constructor(calls) {
    this.#calls = calls;
    calls.serve("tool", async ({ session, input: { name, args, call_id } }, { signal }) => {
      const tool = this.#sessions.get(session)?.tools.get(name);
      if (!tool) throw new Error(`the page has no tool named "${name}"`);
      return plain(await tool(args, { signal, callId: call_id }), `the tool "${name}"`);
    });
    calls.serve("hook", async ({ session, input: { event, index, input } }, { signal }) => {
      const hook = this.#sessions.get(session)?.hooks[index];
      if (!hook) throw new Error(`the page has no hook for "${event}"`);
      const output = plain(await hook(input, { signal, event }), `the hook for "${event}"`);
      if (output !== null && !isObject(output)) {
        throw new Error(`the hook for "${event}" returned something that is not an object`);
      }
      return output;
    });
  }

  /**
   * @param {string} session
   * @param {Functions} functions
   */
  add(session, functions) {
    this.#sessions.set(session, functions);
  }

  /** @param {string} session One that has ended: calls of its functions are cancelled. */
  remove(session) {
    this.#sessions.delete(session);
    this.#calls.cancelSession(session);
  }
}

/**
 * What a function returned, if it can be sent; undefined becomes null.
 * @param {unknown} value
 * @param {string} name
 */
function plain(value, name) {
  try {
    toJson(value);
  } catch (thrown) {
    throw new Error(`${name} returned something that is not plain JSON: ${messageOf(thrown)}`);
  }
  return value ?? null;
}
