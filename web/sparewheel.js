// The embed API: a thin shim between a page and the worker in which Python runs. Types: sparewheel.d.ts.

import { Channel } from "./lib/channel.js";
import { Client } from "./lib/client.js";
import { SparewheelError } from "./lib/errors.js";
import { launchWorker } from "./lib/launch.js";
import { guarded } from "./lib/listener.js";
import { PageModels } from "./lib/page-models.js";
import { Session } from "./lib/session.js";
import { watchSurroundings } from "./lib/surroundings.js";

export { createTranscript, fold } from "./fold.js";
export { browserModel } from "./lib/page-models.js";
export { SparewheelError };

/**
 * @typedef {typeof import("./sparewheel.d.ts")} Api
 * @typedef {import("./sparewheel.d.ts").Runtime} RuntimeApi
 */

// Not written as new URL(".", import.meta.url): bundlers take that for a file to bundle.
const HERE = import.meta.url;

/** @type {Api["createRuntime"]} */
export async function createRuntime(options = {}) {
  const { assetBase, workerUrl, createWorker = moduleWorker, onProgress, signal, models = {} } = options;
  const base = folder(assetBase ?? new URL(".", HERE));
  const worker = await launchWorker({
    workerUrl: workerUrl ? absolute(workerUrl) : new URL("worker.js", base),
    indexURL: new URL("pyodide/", base).href,
    createWorker,
    onProgress: guarded(onProgress, "onProgress"),
    signal,
  });
  const client = new Client(worker);
  new PageModels(client, models);
  watchSurroundings(client);
  return new Runtime(client);
}

/** @implements {RuntimeApi} */
class Runtime {
  #client;

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
    this.closed = client.closed;
  }

  /** @param {string} yaml */
  async parseConfig(yaml) {
    return this.#client.request("parse_config", { yaml });
  }

  /** @param {string} yaml */
  async listAgents(yaml) {
    return this.#client.request("list_agents", { yaml });
  }

  /**
   * @param {import("./sparewheel.d.ts").SessionOptions} options
   * @param {import("./sparewheel.d.ts").Listener} [onEvent]
   */
  async createSession(options, onEvent) {
    const session = this.#client.newSessionId();
    const made = await this.#client.request("create_session", { ...options, session });
    return new Session(this.#client, session, made, onEvent);
  }

  /**
   * @param {import("./sparewheel.d.ts").ChatOptions} options
   * @param {import("./sparewheel.d.ts").Listener} [onEvent]
   */
  async chat(options, onEvent) {
    const { signal, ...params } = { ...options };
    const channel = new Channel(this.#client, this.#client.newSessionId(), onEvent);
    try {
      return await channel.run("chat", params, signal);
    } finally {
      channel.close();
    }
  }

  abort() {
    this.#client.tell("abort", {});
  }

  dispose() {
    const message = "the runtime has been disposed of";
    this.#client.end(
      new SparewheelError({ kind: "aborted", message: `aborted: ${message}` }),
      new SparewheelError({ message, hint: "Create another one with createRuntime()." }),
    );
  }
}

/** @param {URL} url */
function moduleWorker(url) {
  return new Worker(url, { type: "module", name: "sparewheel" });
}

/**
 * Relative to the page, where there is one.
 * @param {string | URL} url
 */
function absolute(url) {
  return new URL(url, globalThis.document?.baseURI ?? HERE);
}

/**
 * @param {string | URL} url
 */
function folder(url) {
  const base = absolute(url);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}
