// For pages written for docker-agent's browser build: import this in place of its loader, and `globalThis.dockerAgent`
// is there with the same calls, events and rejection texts. One thing differs: parseConfig and listAgents are async.

import { createRuntime } from "../sparewheel.js";
import { handle, Turns } from "./session.js";
import { aborted, checkedChat, checkedOptions, oneByOne, prefixed, theirError, theirResult } from "./translate.js";

/**
 * @param {Promise<import("../sparewheel.js").Runtime>} starting
 * @returns {import("./docker-agent.d.ts").DockerAgent}
 */
export function dockerAgent(starting) {
  starting.catch(() => {}); // every call rejects with it
  /** @type {AbortController | null} Of the running chat(): a new one aborts it. */
  let running = null;

  /**
   * @param {"parseConfig" | "listAgents"} method
   * @param {unknown} yaml
   */
  async function read(method, yaml) {
    if (typeof yaml !== "string") throw new Error(`${method}: expected yaml string argument`);
    return prefixed(`${method}: `, async () => (await starting)[method](yaml));
  }

  return {
    parseConfig: async (yaml) => /** @type {any} */ (await read("parseConfig", yaml)),
    listAgents: async (yaml) => /** @type {any} */ (await read("listAgents", yaml)),

    createSession(options, onEvent) {
      return prefixed("createSession: ", async () => {
        const checked = checkedOptions(options);
        const turns = new Turns(onEvent);
        return handle(await (await starting).createSession(checked, turns.listener), turns);
      });
    },

    async chat(options, onEvent) {
      const checked = checkedChat(options);
      running?.abort();
      const control = (running = new AbortController()); // before anything is awaited: an abort() may follow at once
      const { signal } = control;
      try {
        const result = await (await starting).chat({ ...checked, signal }, oneByOne(onEvent, signal));
        if (signal.aborted) throw aborted();
        return theirResult(result);
      } catch (error) {
        throw signal.aborted ? aborted() : theirError(error);
      } finally {
        if (running === control) running = null;
      }
    },

    abort: () => running?.abort(),
  };
}

/** @type {any} */ (globalThis).dockerAgent = dockerAgent(createRuntime());
