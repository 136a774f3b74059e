// A stored conversation as the events of its turns: what the page shows of it goes the same way as a turn that runs. No DOM
// here. Whatever of the document has another shape is left out: it may have been imported.

/**
 * @typedef {import("../../sparewheel.js").Event} Event
 * @typedef {"finished" | "failed" | "aborted" | "abandoned" | "interrupted"} Outcome
 * @typedef {Record<string, any>} Shape
 *
 * @typedef {object} StoredTurn
 * @property {string} id As in its events.
 * @property {import("../../sparewheel.js").Prompt} prompt
 * @property {Event[]} events From `start` to a terminal one. An interrupted turn has no terminal one.
 * @property {Event[]} finished Of an interrupted turn: the events of its finished steps, empty without one. Calls that were
 *   not run have no result.
 * @property {Outcome} outcome
 *
 * @typedef {object} StoredChat
 * @property {string} yaml The agent file; "" if it is not stored.
 * @property {StoredTurn[]} turns
 * @property {string[]} models That have answered, each once, in the order of their first answers.
 */

const FAILURE = { message: "This turn failed.", kind: "unknown", code: "unknown", hint: "", retryable: false, attempts: [] };
/** How the result begins of a call that was not run, because its turn was interrupted. */
const NOT_RUN = "Not executed to the end: ";
const OUTCOMES = ["finished", "failed", "aborted", "abandoned", "interrupted"];

/**
 * @param {unknown} document The result of `runtime.sessions.export(id)`.
 * @returns {StoredChat}
 */
export function storedChat(document) {
  const records = listOf(shapeOf(document)["records"]).map(shapeOf);
  const file = records.findLast(({ type, key }) => type === "session" && key === "file")?.["value"];
  const turns = records.filter(({ type }) => type === "end").flatMap(turnsOf);
  return { yaml: textOf(file), turns, models: modelsOf(records) };
}

/**
 * The models that have answered, each once.
 * @param {Shape[]} records
 */
function modelsOf(records) {
  const messages = records.flatMap(({ messages }) => listOf(messages).map(shapeOf));
  return [...new Set(messages.map(({ model }) => textOf(model)))].filter((model) => model !== "");
}

/**
 * A record has one turn, or a whole conversation that a session began with.
 * @param {Shape} record
 * @param {number} place
 * @returns {StoredTurn[]}
 */
function turnsOf(record, place) {
  /** @type {Shape[][]} */
  const groups = [];
  for (const message of listOf(record["messages"]).map(shapeOf)) {
    const last = groups.at(-1);
    const ended = last?.some(({ role }) => role !== "user") ?? true;
    if (message["role"] === "system") continue;
    if (message["role"] === "user" ? ended : !last) groups.push([message]);
    else last?.push(message);
  }
  return groups.map((messages, number) => {
    const isLast = number === groups.length - 1;
    const outcome = isLast && OUTCOMES.includes(record["outcome"]) ? record["outcome"] : "finished";
    return turnOf(messages, { ...record, outcome, turn: `${textOf(record["turn"]) || place}${isLast ? "" : `/${number}`}` });
  });
}

/**
 * @param {Shape[]} messages The prompt, and what the turn has added.
 * @param {Shape} record
 * @returns {StoredTurn}
 */
function turnOf(messages, { turn: id, agent, outcome, reason, model: answered }) {
  const prompts = messages.filter(({ role }) => role === "user").flatMap(({ parts }) => listOf(parts).map(shapeOf));
  const turn = new Retold(id, textOf(agent), messages);
  turn.end(outcome, textOf(reason) || "stop", textOf(answered) || turn.model);
  return {
    id,
    prompt: promptOf(prompts),
    events: turn.events,
    finished: outcome === "interrupted" ? finishedOf(id, textOf(agent), messages) : [],
    outcome,
  };
}

/**
 * @param {Shape[]} parts Of the messages of a prompt.
 * @returns {import("../../sparewheel.js").Prompt}
 */
function promptOf(parts) {
  if (parts.every(({ type }) => type === "text")) return joined(parts, "text");
  return parts.flatMap((part) => partOf(part) ?? []);
}

/**
 * @param {Shape} part
 * @returns {import("../../sparewheel.js").ContentPart | null}
 */
function partOf(part) {
  const text = textOf(part["text"]);
  if (part["type"] === "text") return { type: "text", text };
  if (part["type"] === "image") return { type: "image_url", image_url: { url: textOf(part["url"]) } };
  if (part["type"] !== "file") return null;
  const data = textOf(part["data"]);
  const size = data ? Math.floor((data.length * 3) / 4) : new Blob([text]).size; // 0: it was too large to be stored
  const named = { name: textOf(part["name"]), mime_type: textOf(part["mime_type"]), ...(size > 0 && { size }) };
  return { type: "file", file: { ...named, ...(data ? { data } : { text }) } };
}

/**
 * @param {string} id
 * @param {string} agent
 * @param {Shape[]} messages Of an interrupted turn: the answer of a step that was not finished has no model.
 */
function finishedOf(id, agent, messages) {
  const isPartial = (/** @type {Shape} */ { role, model }) => role === "assistant" && !textOf(model);
  const isNotRun = (/** @type {Shape} */ { role, parts }) => role === "tool" && joined(listOf(parts), "text").startsWith(NOT_RUN);
  const finished = messages.filter((message) => !isPartial(message) && !isNotRun(message));
  return finished.some(({ role }) => role === "assistant") ? new Retold(id, agent, finished).events : [];
}

/** The events of one turn, one after the other. */
class Retold {
  /** @type {Event[]} */
  events = [];
  model = "";
  #step = 0;
  #index = 0;
  #stamp;
  /** @type {Map<string, string>} The names of calls without a result, by id. */
  #open = new Map();
  /** @type {any} */
  #answer = null;

  /**
   * @param {string} turn
   * @param {string} agent
   * @param {Shape[]} messages
   */
  constructor(turn, agent, messages) {
    this.#stamp = { turn, agent };
    const answers = messages.filter(({ role }) => role === "assistant");
    this.model = textOf(answers.find(({ model }) => model)?.["model"]);
    this.#add({ type: "start", model: this.model });
    for (const message of messages) {
      if (message["role"] === "assistant") this.#answered(message);
      if (message["role"] === "tool") this.#result(textOf(message["tool_call_id"]), joined(listOf(message["parts"]), "text"));
    }
  }

  /**
   * @param {Outcome} outcome
   * @param {string} reason
   * @param {string} model
   */
  end(outcome, reason, model) {
    if (outcome === "interrupted") return;
    const message = this.#answer ?? { role: "assistant", content: "" };
    if (outcome === "finished") this.#add({ type: "finish", reason, model, message, usage: null });
    else if (outcome === "failed") this.#add({ type: "error", ...FAILURE, partial_message: message, usage: null });
    else this.#add({ type: "aborted", reason: "user", partial: message.content, message, usage: null });
  }

  /** @param {Shape} message */
  #answered(message) {
    this.#step += 1;
    const attempt = this.#step;
    const model = textOf(message["model"]) || this.model;
    if (attempt > 1) this.#add({ type: "step", step: attempt, model });
    const parts = listOf(message["parts"]).map(shapeOf);
    const content = joined(parts, "text");
    const reasoning = joined(parts, "reasoning");
    this.#block(attempt, "reasoning", { reasoning });
    this.#block(attempt, "text", { content });
    for (const { mime_type, data, url, size } of parts.filter(({ type }) => type === "media")) {
      const blob = blobOf(textOf(data), textOf(mime_type));
      if (!blob && !textOf(url)) continue; // its bytes were too many to be stored
      const media = { mime_type: textOf(mime_type), size: size ?? blob?.size ?? null, ...(blob ? { blob } : { url }) };
      this.#add({ type: "media", attempt, index: this.#index++, ...media });
    }
    for (const note of listOf(message["annotations"]).map(shapeOf)) {
      this.#add({ ...note, type: "annotation", attempt, index: this.#index++ });
    }
    const calls = parts.filter(({ type, id, name }) => type === "tool_call" && textOf(id) && textOf(name));
    for (const { id, name, arguments: args } of calls) {
      this.#open.set(id, name);
      this.#add({ type: "tool_call", id, name, args: textOf(args) });
    }
    const tool_calls = calls.map(({ id, name, arguments: args }) => {
      return { id, type: "function", function: { name, arguments: textOf(args) } };
    });
    this.#answer = { role: "assistant", content, ...(reasoning && { reasoning }), ...(calls.length > 0 && { tool_calls }) };
  }

  /**
   * @param {string} id
   * @param {string} output
   */
  #result(id, output) {
    const name = this.#open.get(id);
    if (name === undefined) return;
    this.#open.delete(id);
    this.#add({ type: "tool_result", id, name, output, is_error: false });
  }

  /**
   * @param {number} attempt
   * @param {"text" | "reasoning"} kind
   * @param {{content: string} | {reasoning: string}} text
   */
  #block(attempt, kind, text) {
    const [content] = Object.values(text);
    if (!content) return;
    const place = { attempt, index: this.#index++ };
    this.#add({ type: "block_start", ...place, kind });
    this.#add({ type: "delta", ...place, ...text });
    this.#add({ type: "block_end", ...place, kind, content });
  }

  /** @param {Shape} event */
  #add(event) {
    this.events.push(/** @type {any} */ ({ ...event, ...this.#stamp, seq: this.events.length + 1 }));
  }
}

/**
 * @param {string} data Base64.
 * @param {string} type
 * @returns {Blob | null} Null if there is none, or it is no base64.
 */
function blobOf(data, type) {
  if (data === "") return null;
  try {
    const text = atob(data);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return new Blob([bytes], { type });
  } catch {
    return null;
  }
}

/**
 * The texts of all parts of a kind.
 * @param {unknown[]} parts
 * @param {string} kind
 */
function joined(parts, kind) {
  const texts = parts.map(shapeOf).filter(({ type }) => type === kind);
  return texts.map(({ text }) => textOf(text)).join("");
}

/**
 * @param {unknown} value
 * @returns {Shape} Empty if it is no object.
 */
function shapeOf(value) {
  return value instanceof Object && !Array.isArray(value) ? value : {};
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : "";
}
