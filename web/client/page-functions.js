import { isObject } from "./config-error.js";
import { messageOf } from "./errors.js";
import { toJson } from "./json.js";

/** @typedef {import("./options.js").Functions} Functions */

/** The embedder's tools and hooks, by session. */
export class PageFunctions {
  #calls;
  /** @type {Map<string, Functions>} */
  #sessions = new Map();
  /** @type {WeakMap<Function, string>} */
  #versions = new WeakMap();
  #seen = 0;

  /** @param {import("./host-calls.js").HostCalls} calls */
  constructor(calls) {
    this.#calls = calls;
    calls.serve("tool", async ({ session, input: { name, args, call_id, version, idempotency_key } }, { signal }) => {
      const tool = this.#tool(session, name);
      const { execute } = tool;
      if (version && version !== this.#version(execute)) {
        throw new Error(`the page has replaced the tool "${name}" after the approval; call it again to be asked again`);
      }
      return plain(
        await execute.call(tool, args, { signal, callId: call_id, idempotencyKey: idempotency_key }),
        `the tool "${name}"`,
      );
    });
    calls.serve("tool_version", async ({ session, input: { name } }) => this.#version(this.#tool(session, name).execute));
    calls.serve("hook", async ({ session, input: { event, index, input } }, { signal }) => {
      const hook = this.#sessions.get(session)?.hooks[index];
      if (!hook) throw new Error(`the page has no hook for "${event}"`);
      const output = plain(await hook(input, { signal, event }), `the hook for "${event}"`);
      if (output !== null && !isObject(output)) {
        throw new Error(`the hook for "${event}" returned something that is not an object`);
      }
      // JSON would drop it, and what was meant as a decision would be none.
      const specific = output?.["hook_specific_output"];
      const fields = Object.entries({ ...output, ...(isObject(specific) && specific) });
      const missing = fields.find(([, value]) => value === undefined);
      if (missing) throw new Error(`the hook for "${event}" returned "${missing[0]}" without a value`);
      return output;
    });
  }

  /**
   * @param {string} session
   * @param {string} name
   */
  #tool(session, name) {
    const tool = this.#sessions.get(session)?.tools.get(name);
    if (!tool) throw new Error(`the page has no tool named "${name}"`);
    if (typeof tool.execute !== "function") throw new Error(`the tool "${name}": execute is not a function`);
    return tool;
  }

  /**
   * A text that no other function has.
   * @param {Function} execute
   */
  #version(execute) {
    const known = this.#versions.get(execute);
    if (known) return known;
    const version = String(++this.#seen);
    this.#versions.set(execute, version);
    return version;
  }

  /**
   * @param {string} session
   * @param {Functions} functions
   */
  add(session, functions) {
    this.#sessions.set(session, functions);
  }

  /**
   * Those of a session, for another one.
   * @param {string} session
   */
  of(session) {
    return this.#sessions.get(session) ?? { tools: new Map(), hooks: [] };
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
