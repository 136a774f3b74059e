// One stored turn as the events with which it was shown, and their times. No DOM here.

import { courseOf, matched } from "./course.js";
import { listOf, shapeOf, shaped, textOf } from "./shapes.js";

/**
 * @typedef {import("../../sparewheel.js").Event} Event
 * @typedef {import("./course.js").Step} Step
 * @typedef {import("./shapes.js").Shape} Shape
 */

const FAILURE = { message: "This turn failed.", kind: "unknown", code: "unknown", hint: "", retryable: false };
const TOKENS = { input_tokens: null, output_tokens: null, cached_tokens: null, written_tokens: null, reasoning_tokens: null };
const SPENT = { attempt: 1, model: "", ...TOKENS, context_length: null, context_limit: null, cost: null, discarded: false };
const RECORD = { attempt: 1, model: "", outcome: "failed", kind: "unknown", code: "unknown", message: "", hint: "" };
const CALL = { id: "", name: "", args: "", output: "" };
/** What is told of calls: with or after the calls themselves. */
const OF_CALLS = ["handoff", "tool_blocked", "tool_call", "tool_result"];

export class Retold {
  /** @type {Event[]} */
  events = [];
  /** When each of them was shown: milliseconds since the turn began, null if that is not stored. @type {(number | null)[]} */
  times = [];
  model = "";
  /** @type {any} The last answer as a message. */
  answer = null;
  #stamp;
  #spent;
  #index = 0;
  /** Whether an answer has media. */
  #hasMedia = false;
  /** @type {number | null} */
  #now = null;
  /** When it ended. @type {number | null} */
  #ended = null;
  /** @type {Map<string, string>} The names of calls without a result, by id. */
  #open = new Map();

  /**
   * @param {string} turn
   * @param {string} agent
   * @param {Shape[]} messages Of a prompt, answers and results.
   * @param {{course?: unknown, spent?: unknown, rest?: Shape | null}} [more] How it went, and what each attempt has used;
   *   `rest`: what a step has shown that is in no message.
   */
  constructor(turn, agent, messages, { course, spent, rest = null } = {}) {
    this.#stamp = { turn, agent };
    this.#spent = listOf(spent).map(shapeOf);
    const steps = stepsOf(messages);
    const groups = courseOf(course);
    this.#ended = groups.flat().findLast(({ type }) => type === "finish")?.["at"] ?? null;
    this.model = textOf(steps.find(({ answer }) => textOf(answer?.["model"]))?.answer?.["model"]);
    for (const [place, step] of matched(groups, steps, rest).entries()) {
      const group = groups[place] ?? [];
      const number = group[0]?.["step"] ?? place + 1;
      this.#begin(number, group[0], step);
      this.#tell(group, number, step);
    }
    if (groups.length === 0) for (const used of this.#spent) this.#use(used, { task: "" }); // of which step is not stored
  }

  /**
   * @param {import("./stored-turns.js").Outcome} outcome
   * @param {Shape} record With the other fields of its end.
   */
  end(outcome, record) {
    if (outcome === "interrupted") return;
    this.#now = this.#ended ?? this.#now;
    const message = this.answer ?? { role: "assistant", content: "" };
    const usage = record["usage"] instanceof Object ? shaped(record["usage"], TOKENS) : null;
    if (outcome === "finished") {
      const reason = textOf(record["reason"]) || "stop";
      const empty = !message.content && !this.#hasMedia && reason !== "tool_calls";
      this.#add({
        type: "finish",
        reason,
        model: textOf(record["model"]) || this.model,
        message,
        usage,
        ...(empty && { empty }),
      });
    } else if (outcome === "failed") {
      const attempts = listOf(record["attempts"]).map((each) => shaped(shapeOf(each), RECORD));
      const error = { ...shaped(shapeOf(record["error"]), FAILURE), attempts };
      this.#add({ type: "error", ...error, partial_message: message, usage });
    } else this.#add({ type: "aborted", reason: "user", partial: message.content, message, usage });
  }

  /**
   * @param {number} number
   * @param {Shape | undefined} entry With which the step began.
   * @param {Step} step
   */
  #begin(number, entry, { answer }) {
    const model = textOf(entry?.["model"]) || textOf(answer?.["model"]) || this.model;
    this.#now = entry?.["at"] ?? this.#now;
    this.#add(number === 1 ? { type: "start", model } : { type: "step", step: number, model });
  }

  /**
   * @param {Shape[]} group The entries of the step.
   * @param {number} number
   * @param {Step} step
   */
  #tell(group, number, { answer, results }) {
    const discards = new Map(group.filter(({ type }) => type === "discard").map((entry) => [entry["attempt"], entry]));
    const marked = (/** @type {string} */ kind) => new Set(group.filter(({ type }) => type === kind).map(({ id }) => id));
    const [sandboxed, failed] = [marked("tool_call"), marked("tool_result")];
    let [isAnswered, isCalled] = [answer === null, false];
    let last = answer === null ? 0 : number;
    const call = () => {
      if (answer && !isAnswered) this.#answered(answer, last);
      if (answer && !isCalled) this.#call(answer, sandboxed);
      isAnswered = isCalled = true;
    };
    for (const [place, entry] of group.entries()) {
      const { at, type, ...fields } = entry;
      this.#now = at;
      last = fields["attempt"] || last;
      if (OF_CALLS.includes(type)) call();
      if (type === "start" && place > 0) {
        if (!fields["attempt"]) call(); // they go on
        this.#add({ type, model: fields["model"], resumed: true, ...(fields["attempt"] && { attempt: fields["attempt"] }) });
      } else if (type === "delta") {
        const discard = discards.get(last);
        if (discard) this.#texts(last, discard["reasoning"], discard["text"]);
        else if (answer && !isAnswered) this.#answered(answer, last);
        else this.#add({ type, attempt: last, index: this.#index++, content: "" }); // its text is with that of the one before
        isAnswered ||= !discard;
      } else if (type === "discard") {
        this.#add({ type, attempt: last, chars: fields["text"].length + fields["reasoning"].length });
      } else if (type === "usage") this.#use(this.#spent[fields["spent"]] ?? {}, { attempt: last });
      else if (type === "exhausted") this.#add({ type, models_tried: [], final_error: fields });
      else if (!["start", "step", "tool_call", "tool_result", "task", "finish"].includes(type)) this.#add({ type, ...fields });
    }
    call();
    const tasks = new Map(group.filter(({ type }) => type === "task").map((entry) => [entry["id"], entry]));
    for (const { parts } of answer ? [answer] : []) {
      for (const { id } of listOf(parts).map(shapeOf)) this.#work(textOf(id), tasks);
    }
    for (const { tool_call_id: id, parts } of results) this.#result(textOf(id), listOf(parts).map(shapeOf), failed.has(id));
  }

  /**
   * What a sub-agent did on a task.
   * @param {string} task The id of the call that has given it.
   * @param {Map<string, Shape>} tasks By that id.
   */
  #work(task, tasks) {
    const told = tasks.get(task);
    if (!told || !this.#open.has(task)) return;
    tasks.delete(task); // an id may be there again inside
    this.#now = told["at"];
    const agent = textOf(told["agent"]);
    for (const [place, { text, calls }] of listOf(told["steps"]).map(shapeOf).entries()) {
      if (place > 0) this.#add({ type: "step", step: place + 1, model: "", task }, agent);
      const shown = { attempt: place + 1, index: 0, task };
      if (textOf(text)) this.#add({ type: "delta", ...shown, content: text }, agent);
      for (const { id, name, args, output } of listOf(calls).map((call) => shaped(shapeOf(call), CALL))) {
        if (!id || this.#open.has(id)) continue;
        this.#open.set(id, name);
        this.#add({ type: "tool_call", id, name, args, task }, agent);
        this.#work(id, tasks);
        this.#open.delete(id);
        this.#add({ type: "tool_result", id, name, output, is_error: false, task }, agent);
      }
    }
  }

  /**
   * Sub-agents' counts for the turn alone: `steps` of a task do not tell with which attempts they were made.
   * @param {Shape} used
   * @param {Shape} more
   */
  #use(used, more) {
    this.#add({ type: "usage", ...shaped(used, SPENT), ...(textOf(used["task"]) && { task: "" }), ...more });
  }

  /**
   * @param {Shape} message
   * @param {number} attempt
   */
  #answered(message, attempt) {
    const parts = listOf(message["parts"]).map(shapeOf);
    const [content, reasoning] = [joined(parts, "text"), joined(parts, "reasoning")];
    this.#texts(attempt, reasoning, content);
    for (const media of mediaIn(parts)) {
      this.#hasMedia = true;
      this.#add({ type: "media", attempt, index: this.#index++, ...media });
    }
    for (const note of listOf(message["annotations"]).map(shapeOf)) {
      this.#add({ ...note, type: "annotation", attempt, index: this.#index++ });
    }
    this.answer = { role: "assistant", content, ...(reasoning && { reasoning }) };
  }

  /**
   * @param {Shape} message Its calls.
   * @param {Set<string>} sandboxed Ids of those that ran in the code sandbox.
   */
  #call({ parts }, sandboxed) {
    const calls = listOf(parts)
      .map(shapeOf)
      .filter(({ type, id, name }) => type === "tool_call" && textOf(id) && textOf(name));
    for (const { id, name, arguments: args } of calls) {
      this.#open.set(id, name);
      this.#add({ type: "tool_call", id, name, args: textOf(args), ...(sandboxed.has(id) && { sandboxed: true }) });
    }
    if (calls.length === 0) return;
    this.answer.tool_calls = calls.map(({ id, name, arguments: args }) => {
      return { id, type: "function", function: { name, arguments: textOf(args) } };
    });
  }

  /**
   * @param {string} id
   * @param {Shape[]} parts
   * @param {boolean} is_error
   */
  #result(id, parts, is_error) {
    const name = this.#open.get(id);
    if (name === undefined) return;
    this.#open.delete(id);
    for (const [index, media] of mediaIn(parts).entries()) this.#add({ type: "media", attempt: 0, index, call_id: id, ...media });
    this.#add({ type: "tool_result", id, name, output: joined(parts, "text"), is_error });
  }

  /**
   * @param {number} attempt
   * @param {string} reasoning
   * @param {string} content
   */
  #texts(attempt, reasoning, content) {
    for (const [kind, text] of [
      ["reasoning", reasoning],
      ["text", content],
    ]) {
      if (!text) continue;
      const place = { attempt, index: this.#index++ };
      this.#add({ type: "block_start", ...place, kind });
      this.#add({ type: "delta", ...place, ...(kind === "text" ? { content: text } : { reasoning: text }) });
      this.#add({ type: "block_end", ...place, kind, content: text });
    }
  }

  /**
   * @param {Shape} event
   * @param {string} agent
   */
  #add(event, agent = this.#stamp.agent) {
    this.events.push(/** @type {any} */ ({ ...event, ...this.#stamp, agent, seq: this.events.length + 1 }));
    this.times.push(this.#now);
  }
}

/** @param {Shape[]} parts Media without their bytes are left out: they were too many to be stored. */
function mediaIn(parts) {
  return parts
    .filter(({ type }) => type === "media")
    .map(({ mime_type, name, data, url, size }) => {
      const blob = blobOf(textOf(data), textOf(mime_type));
      const shown = { mime_type: textOf(mime_type), size: size ?? blob?.size ?? null, ...(textOf(name) && { name }) };
      return { ...shown, ...(blob ? { blob } : { url: textOf(url) }) };
    })
    .filter((media) => "blob" in media || media.url);
}

/**
 * The answers of a turn, each with the results of its calls.
 * @param {Shape[]} messages
 * @returns {Step[]}
 */
function stepsOf(messages) {
  /** @type {Step[]} */
  const steps = [];
  for (const message of messages) {
    if (message["role"] === "assistant") steps.push({ answer: message, results: [] });
    if (message["role"] === "tool") steps.at(-1)?.results.push(message);
  }
  return steps;
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
 * @param {string} [between]
 */
export function joined(parts, kind, between = "") {
  const texts = parts.map(shapeOf).filter(({ type }) => type === kind);
  return texts.map(({ text }) => textOf(text)).join(between);
}
