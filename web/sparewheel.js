// The embed API: a thin shim between a page and the worker in which Python runs. Types: sparewheel.d.ts.

import { answering } from "./client/decisions.js";
import { HostCalls } from "./client/host-calls.js";
import { Channel } from "./client/channel.js";
import { Client } from "./client/client.js";
import { CodeCalls, PLACE } from "./client/code-calls.js";
import { refuse } from "./client/config-error.js";
import { SparewheelError } from "./client/errors.js";
import { launchWorker } from "./assets/launch.js";
import { guarded } from "./client/listener.js";
import { withData } from "./client/media.js";
import { Mirrors } from "./client/mirrors.js";
import { register } from "./assets/offline.js";
import { readOptions } from "./client/options.js";
import { serveFetch } from "./client/page-fetch.js";
import { PageFunctions } from "./client/page-functions.js";
import { serveModels } from "./client/page-models.js";
import { readRuntimeOptions } from "./client/runtime-options.js";
import { moduleWorker } from "./assets/module-worker.js";
import { Session } from "./client/session.js";
import { storeCommand, useStore } from "./client/store.js";
import { StoredSessions } from "./client/stored-sessions.js";
import { syncTabs } from "./client/tab-sync.js";

export { BUILD } from "./boot/build.js";
export { createTranscript, fold } from "./fold.js";
export { isError, isExhausted, isFallback, isTerminal } from "./predicates.js";
export { promptLimits } from "./client/prompt.js";
export { browserModel } from "./client/page-models.js";
export { SparewheelError };

/**
 * @typedef {typeof import("./sparewheel.d.ts")} Api
 * @typedef {import("./sparewheel.d.ts").Runtime} RuntimeApi
 * @typedef {import("./sparewheel.d.ts").Progress} Progress
 */

// Not used as the base of new URL(".", …): bundlers take that for a file to bundle, also by way of a constant.
/** @type {string | undefined} In a bundle, there is none. */
const HERE = import.meta.url;

/** @type {Api["createRuntime"]} */
export async function createRuntime(options = {}) {
  const known = readRuntimeOptions(options);
  const { assetBase, workerUrl, createWorker = moduleWorker, onProgress, signal, snapshot, models = {}, fetch } = known;
  const { restart = true, hangTimeout } = known;
  const base = folder(assetBase ?? ownFolder());
  const launch = {
    workerUrl: workerUrl ? absolute(workerUrl) : new URL("worker.js", base),
    indexURL: new URL("pyodide/", base).href,
    snapshot,
    createWorker,
    onProgress: guarded(onProgress, "onProgress"),
  };
  const { worker, boot } = await launchWorker({ ...launch, signal });
  /** @type {import("./client/spares.js").Launch} */
  const relaunch = ({ signal, isNeeded }) => {
    const onProgress = (/** @type {Progress} */ progress) => isNeeded() && launch.onProgress(progress);
    return launchWorker({ ...launch, signal, onProgress }).then(({ worker }) => worker);
  };
  const client = new Client(worker, { launch: relaunch, replace: restart, hangTimeout });
  const calls = new HostCalls(client);
  serveModels(calls, models);
  const code = new CodeCalls(calls, base, /** @type {any} */ (options)[PLACE]);
  if (fetch) {
    serveFetch(calls, fetch);
    client.tell("use_page_fetch", {}); // commands are handled in order: every session uses it
    client.onReplaced(() => client.requestNow("use_page_fetch", {}));
  }
  if (!known.replay) syncTabs(client); // what a replay learns of models is not so
  const store = storeCommand(known.store ?? "memory");
  const runtime = new Runtime(client, boot, new PageFunctions(calls), code, guarded(known.onEvent, "onEvent"), store.name);
  try {
    if (store.kind !== "memory") await useStore(client, store);
    if (known.replay) await replay(client, known.replay);
    if (known.otlp) await traceTo(client, known.otlp);
  } catch (error) {
    runtime.dispose();
    throw error;
  }
  return runtime;
}

/** @type {Api["keepOffline"]} */
export async function keepOffline({ assetBase } = {}) {
  return register(folder(assetBase ?? ownFolder()));
}

/** @implements {RuntimeApi} */
class Runtime {
  #client;
  #functions;
  #runCode;
  #mirrors;
  #database;
  /** @type {boolean | undefined} undefined: never yet. */
  #isRecording;

  /**
   * @param {Client} client
   * @param {RuntimeApi["boot"]} boot
   * @param {PageFunctions} functions
   * @param {CodeCalls} code
   * @param {(event: import("./protocol.js").RuntimeRestarted) => void} onEvent
   * @param {string} database Where sessions are stored; empty: in the worker's memory.
   */
  constructor(client, boot, functions, code, onEvent, database) {
    this.#client = client;
    this.boot = Object.freeze(boot);
    this.#database = database;
    this.#functions = functions;
    this.#runCode = code.runApart.bind(code);
    this.#mirrors = new Mirrors(client, onEvent, database);
    this.closed = client.closed;
    this.sessions = new StoredSessions(client, (id, options, onEvent) =>
      this.#start("open_session", { id }, options ?? {}, onEvent),
    );
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
    return this.#start("create_session", {}, options, onEvent);
  }

  /**
   * @param {"create_session" | "open_session"} method
   * @param {{id?: string}} stored
   * @param {unknown} options
   * @param {import("./sparewheel.d.ts").Listener} [onEvent]
   */
  async #start(method, stored, options, onEvent) {
    const { params, functions } = readOptions(options);
    const history = params.history && (await withData(params.history));
    return this.#make(method, { ...params, ...stored, history }, functions, onEvent);
  }

  /**
   * @param {"create_session" | "open_session"} method
   * @param {import("./client/options.js").Read["params"]} params
   * @param {import("./client/options.js").Functions} functions
   * @param {import("./sparewheel.d.ts").Listener} [onEvent]
   */
  async #make(method, params, functions, onEvent) {
    const { interactive, title } = params;
    const client = this.#client;
    const name = client.newSessionId();
    this.#functions.add(name, functions); // a hook may be called before the worker has replied
    try {
      const made = { ...params, interactive: interactive ?? typeof onEvent === "function", session: name };
      const created = await client.request(method, made);
      const open = (/** @type {string} */ id, /** @type {any} */ listener) => {
        const options = { ...this.#mirrors.optionsOf(name), id, interactive };
        return this.#make("open_session", options, this.#functions.of(name), listener);
      };
      const onUpdate = (/** @type {Record<string, unknown>} */ changed) => this.#mirrors.change(name, changed);
      const database = this.#database;
      const own = { client, functions: this.#functions, runCode: this.#runCode, database };
      const parts = { ...own, name, listener: onEvent, title, interactive, open, onUpdate };
      const session = new Session(parts, created);
      const isForgotten = this.#database === "" && method === "open_session"; // with the worker
      this.#mirrors.add(made, session, isForgotten ? await client.request("messages", { session: name }) : []);
      return session;
    } catch (error) {
      this.#functions.remove(name);
      throw error;
    }
  }

  /**
   * @param {import("./sparewheel.d.ts").ChatOptions} options
   * @param {import("./sparewheel.d.ts").ChatListener} [onEvent]
   */
  async chat(options, onEvent) {
    const { params, functions } = readOptions(options);
    const { signal, ...chat } = /** @type {import("./protocol.js").Chat & {signal?: AbortSignal}} */ (params);
    const id = this.#client.newSessionId();
    const channel = new Channel(this.#client, id, onEvent && answering(this.#client, id, onEvent));
    this.#functions.add(id, functions);
    try {
      const interactive = params.interactive ?? typeof onEvent === "function";
      const command = { ...chat, messages: await withData(chat.messages), interactive, session: id };
      return await channel.run("chat", command, signal);
    } finally {
      this.#functions.remove(id);
      channel.close();
    }
  }

  /** @param {((line: string) => void) | null} listener */
  async record(listener) {
    if (listener !== null && typeof listener !== "function") throw refuse("record: expected a function, or null");
    const write = guarded(listener ?? undefined, "a listener of a recording");
    this.#client.on("recorded", ({ line }) => write(line));
    if (this.#isRecording === undefined)
      this.#client.onReplaced(async () => this.#isRecording && this.#client.requestNow("record", { on: true }));
    this.#isRecording = listener !== null;
    await this.#client.request("record", { on: this.#isRecording });
  }

  /**
   * @param {[number, import("./events.js").Event][]} log
   * @param {import("./sparewheel.d.ts").TraceOptions} [options]
   */
  async trace(log, options = {}) {
    return this.#client.request("trace_log", { ...options, log });
  }

  abort() {
    this.#client.abort({ reason: "user" });
  }

  async restart() {
    await this.#client.restart();
  }

  dispose() {
    const message = "the runtime has been disposed of";
    this.#client.end(
      new SparewheelError({ kind: "aborted", message: `aborted: ${message}` }),
      new SparewheelError({ message, hint: "Create another one with createRuntime()." }),
    );
  }
}

/**
 * @param {Client} client
 * @param {import("./sparewheel.d.ts").Replay} options
 */
async function replay(client, { recording, timed = false }) {
  client.onReplaced(() => client.requestNow("replay", { recording, timed }));
  await client.request("replay", { recording, timed });
}

/**
 * @param {Client} client
 * @param {NonNullable<import("./sparewheel.d.ts").RuntimeOptions["otlp"]>} otlp
 */
async function traceTo(client, otlp) {
  const { url, contents = false } = typeof otlp === "string" ? { url: otlp } : otlp;
  client.onReplaced(() => client.requestNow("trace_to", { url, contents }));
  await client.request("trace_to", { url, contents });
}

/** The folder of this script. */
function ownFolder() {
  if (HERE) return new URL(HERE.slice(0, HERE.lastIndexOf("/") + 1));
  throw new SparewheelError({
    kind: "config",
    message: "The folder of the assets is not known: this script is part of a bundle.",
    hint: "Copy the files to your site (npx sparewheel copy public/sparewheel), and pass their address as assetBase.",
  });
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
