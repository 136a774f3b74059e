import { messageOf } from "./errors.js";

/**
 * @typedef {import("../sparewheel.js").PageModel} PageModel
 * @typedef {import("./client.js").Client} Client
 * @typedef {{request: number, model: string, messages: Parameters<PageModel["stream"]>[0]}} Request
 */

/** Answers the worker for the models that live in this page. */
export class PageModels {
  #client;
  #models;
  /** @type {Map<number, AbortController>} */
  #running = new Map();

  /**
   * @param {Client} client
   * @param {Record<string, PageModel>} models
   */
  constructor(client, models) {
    this.#client = client;
    this.#models = models;
    client.on("model_request", (request) => this.#answer(request));
    client.on("model_cancel", ({ request }) => this.#running.get(request)?.abort());
    client.closed.then(() => this.#running.forEach((controller) => controller.abort()));
  }

  /** @param {Request} request */
  async #answer({ request, model, messages }) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(request, controller);
    try {
      const found = Object.hasOwn(this.#models, model) ? this.#models[model] : undefined;
      if (!found) throw new Unavailable(`the page has no model named "${model}"`, "model_not_found");
      for await (const text of await found.stream(messages, { signal })) {
        if (signal.aborted) return;
        this.#say({ request, text });
      }
      if (!signal.aborted) this.#say({ request, done: true });
    } catch (thrown) {
      const kind = thrown instanceof Unavailable ? thrown.kind : undefined;
      if (!signal.aborted) this.#say({ request, error: messageOf(thrown), kind });
    } finally {
      this.#running.delete(request);
    }
  }

  /** @param {Record<string, unknown>} answer */
  #say(answer) {
    this.#client.tell("model_answer", answer);
  }
}

/** A model that cannot answer now; `kind` tells the chain what to do about it. */
class Unavailable extends Error {
  /**
   * @param {string} message
   * @param {string} kind
   */
  constructor(message, kind) {
    super(message);
    this.kind = kind;
  }
}

/**
 * The browser's own language model (Prompt API, https://webmachinelearning.github.io/prompt-api/), where it is ready:
 * one that would have to be downloaded first is passed over, for nobody asked for that download.
 * @returns {PageModel}
 */
export function browserModel() {
  return {
    async *stream(messages, { signal }) {
      /** @type {any} Not in TypeScript's library yet. */
      const api = /** @type {any} */ (globalThis).LanguageModel;
      const availability = api ? await api.availability() : "missing";
      if (availability !== "available") {
        throw new Unavailable(`this browser's own model is not ready (${availability})`, "unsupported");
      }
      const last = messages.at(-1)?.content ?? "";
      const session = await api.create({ initialPrompts: messages.slice(0, -1), signal });
      try {
        yield* session.promptStreaming(last, { signal });
      } finally {
        session.destroy();
      }
    },
  };
}
