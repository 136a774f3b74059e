// For pages written for docker-agent's browser build: import this in place of its loader, and `globalThis.dockerAgent`
// is there with the same calls, events and rejection texts.

import { createRuntime } from "../sparewheel.js";
import { listAgents, parseConfig } from "./overview.js";
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

  return {
    parseConfig: (yaml) => read("parseConfig", parseConfig, yaml),
    listAgents: (yaml) => read("listAgents", listAgents, yaml),

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

/**
 * @template T
 * @param {string} method
 * @param {(yaml: string) => T} outline
 * @param {unknown} yaml
 */
function read(method, outline, yaml) {
  if (typeof yaml !== "string") throw new Error(`${method}: expected yaml string argument`);
  try {
    return outline(yaml);
  } catch (error) {
    throw theirError(error, `${method}: `);
  }
}

/** @type {any} */ (globalThis).dockerAgent = dockerAgent(createRuntime());
