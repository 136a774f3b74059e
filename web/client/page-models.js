import { Failure } from "./host-calls.js";

/** @typedef {import("../sparewheel.js").PageModel} PageModel */

/**
 * Let the worker call models that live in this page.
 * @param {import("./host-calls.js").HostCalls} calls
 * @param {Record<string, PageModel>} models
 */
export function serveModels(calls, models) {
  calls.serve("embed", async ({ input: { model, texts } }, { signal }) => {
    const found = Object.hasOwn(models, model) ? models[model] : undefined;
    if (!found?.embed) throw new Failure(`the page has no model named "${model}" that embeds`, "model_not_found");
    return Array.from(await found.embed(texts, { signal }), (numbers) => Array.from(numbers));
  });
  calls.serve("model", async ({ input: { model, messages } }, call) => {
    const found = Object.hasOwn(models, model) ? models[model] : undefined;
    if (!found) throw new Failure(`the page has no model named "${model}"`, "model_not_found");
    for await (const text of wholeCharacters(await found.stream(messages, { signal: call.signal }))) {
      if (!(await call.send({ value: text }))) return;
    }
  });
}

/**
 * Pieces of a text without halves of surrogate pairs at their ends: the other half may be in the next piece.
 * @param {AsyncIterable<string>} texts
 */
async function* wholeCharacters(texts) {
  let half = "";
  for await (const text of texts) {
    const joined = typeof text === "string" ? half + text : text; // the worker ignores anything else
    half = /[\ud800-\udbff]$/.exec(joined)?.[0] ?? "";
    yield half ? joined.slice(0, -1) : joined;
  }
  if (half) yield half; // the worker shows it as U+FFFD
}

/**
 * The browser's own language model (Prompt API, https://webmachinelearning.github.io/prompt-api/), where it is ready.
 * One that would have to be downloaded first is not used: the user did not ask for that download.
 * @returns {PageModel}
 */
export function browserModel() {
  return {
    async *stream(messages, { signal }) {
      /** @type {any} Not in TypeScript's library yet. */
      const api = /** @type {any} */ (globalThis).LanguageModel;
      const availability = api ? await api.availability() : "missing";
      if (availability !== "available") {
        throw new Failure(`this browser's own model is not ready (${availability})`, "unsupported");
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
