// Maps the events of one turn to those of AG-UI 1.0.

import { isTerminal } from "../predicates.js";
import { AGUIMessages } from "./ag-ui-messages.js";
import { Calls } from "./calls.js";
import { defaultFileUrl } from "./ui-message-chunks.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./ag-ui.js").AGUIEvent} AGUIEvent
 * @typedef {import("./ag-ui.js").AGUIOptions} AGUIOptions
 * @typedef {import("./ag-ui.js").AGUIMapper} AGUIMapper
 */

const PROTOCOL = "1.0";
/** Of no interest to a reader: the calls and blocks that they are about are told whole. */
const LEFT_OUT = new Set(["start", "block_start", "tool_call_delta", "usage"]);
const ANSWER = {
  type: "object",
  properties: { approved: { type: "boolean" }, reason: { type: "string" } },
  required: ["approved"],
};

/**
 * @param {Iterable<Event>} events Of one turn. If the turn was resumed, only what follows the last `start` counts.
 * @param {AGUIOptions} options
 */
export function toAGUIEvents(events, options) {
  const log = [...events];
  const mapper = createAGUIMapper(options);
  /** @type {AGUIEvent[]} */
  const mapped = [];
  let runs = 1;
  for (const event of log.slice(
    Math.max(
      0,
      log.findLastIndex(({ type }) => type === "start"),
    ),
  )) {
    if (mapper.interrupted) mapped.push(...mapper.next({ runId: `${event.turn}.${++runs}` }));
    mapped.push(...mapper.push(event));
  }
  return [...mapped, ...mapper.end()];
}

/**
 * @param {AGUIOptions} options
 * @returns {AGUIMapper}
 */
export function createAGUIMapper(options) {
  return new Mapper(options);
}

/** @implements {AGUIMapper} */
class Mapper {
  ended = false;
  interrupted = false;
  #run;
  #messages;
  #calls = new Calls();
  #fileUrl;
  #approvals;
  #step = 1;
  #started = false;
  /** @type {Map<string, Extract<Event, {type: "tool_confirmation"}>>} */
  #questions = new Map();
  /** @type {Map<string, Record<string, any>>} Usage by model. */
  #usage = new Map();

  /** @param {AGUIOptions} options */
  constructor({ threadId, runId, messages, approvals = "interrupt", fileUrl = defaultFileUrl }) {
    this.#run = { threadId, runId };
    this.#messages = new AGUIMessages(messages);
    this.#approvals = approvals;
    this.#fileUrl = fileUrl;
  }

  /** @param {Event} event */
  push(event) {
    if (this.ended || event.turn === null) return [];
    const begun = this.#started ? [] : this.#start(event.turn);
    const mapped = isTerminal(event) && event.task === undefined ? this.#terminal(event) : this.#map(event);
    return [...begun, ...mapped, ...this.#pause()];
  }

  end() {
    if (this.ended || this.interrupted) return [];
    const begun = this.#started ? [] : this.#start(undefined);
    this.ended = true;
    return [...begun, ...this.#close(), this.#finished({ outcome: { type: "cancelled" } })];
  }

  /** @param {{runId: string, messages?: readonly any[]}} run */
  next({ runId, messages }) {
    const parentRunId = this.#run.runId;
    this.#run = { ...this.#run, runId };
    this.interrupted = false;
    for (const call of this.#calls.all()) if (call.state === "waiting") call.state = "running";
    if (messages) this.#messages.given = messages;
    return [this.#begin({ parentRunId }), ...this.#messages.snapshot(), this.#stepStarted()];
  }

  /** @param {string | undefined} turn */
  #start(turn) {
    this.#started = true;
    this.#run.runId ??= turn ?? "run";
    return [this.#begin(), this.#stepStarted()];
  }

  /** @param {object} [more] */
  #begin(more) {
    return { type: "RUN_STARTED", .../** @type {any} */ (this.#run), protocolVersion: PROTOCOL, ...more };
  }

  #stepStarted() {
    return { type: "STEP_STARTED", stepName: `step ${this.#step}` };
  }

  /** @returns {AGUIEvent[]} */
  #close() {
    return [...this.#messages.close(), { type: "STEP_FINISHED", stepName: `step ${this.#step}` }];
  }

  /**
   * @param {Event} event
   * @returns {AGUIEvent[]}
   */
  #map(event) {
    if (event.type === "usage") this.#use(event);
    if (event.task !== undefined) return this.#fromTask(event);
    switch (event.type) {
      case "delta":
        return this.#messages.delta(event);
      case "block_end":
        return this.#messages.closeBlock(event);
      case "tool_call":
        return this.#call(event);
      case "step": {
        const ended = this.#close();
        this.#step = event.step;
        return [...ended, this.#stepStarted()];
      }
      case "discard": {
        const { gone, events } = this.#messages.discard(event.attempt);
        return [...events, custom("discard", { attempt: event.attempt, chars: event.chars, messageIds: gone })];
      }
      case "media": {
        const { attempt, index, mime_type, size, call_id } = event;
        const place = { attempt, index, ...(call_id !== undefined && { call_id }) };
        return [custom("media", { ...place, mime_type, size, url: this.#fileUrl(event) })];
      }
      default:
        return this.#other(event);
    }
  }

  /**
   * What a sub-agent does is no message, but for the calls that wait for the user.
   * @param {Event} event
   * @returns {AGUIEvent[]}
   */
  #fromTask(event) {
    if (event.type === "tool_call") this.#calls.inside(event);
    if (["delta", "block_end", "tool_call", "media", "step"].includes(event.type)) return [];
    return this.#other(event);
  }

  /**
   * @param {Event} event
   * @returns {AGUIEvent[]}
   */
  #other(event) {
    if (event.type === "tool_confirmation") return this.#ask(event);
    if (event.type === "tool_result") return this.#result(event);
    return LEFT_OUT.has(event.type) ? [] : [custom(event.type, event)];
  }

  /**
   * A call is told of when its response is complete: before that its arguments need not become JSON.
   * @param {import("./calls.js").Of & {name: string, args: string}} event
   * @returns {AGUIEvent[]}
   */
  #call({ name, args, ...of }) {
    const { part } = this.#calls.add(of, { name, args, state: "running" });
    return [...this.#messages.close(), ...this.#messages.call(part, name, args)];
  }

  /**
   * @param {Extract<Event, {type: "tool_confirmation"}>} event
   * @returns {AGUIEvent[]}
   */
  #ask(event) {
    const { id, call_id = id, name, args, task, exclusive = false } = event;
    const of = { id: call_id, ...(task !== undefined && { task }) };
    const known = this.#calls.get(of);
    const told = known && !known.hidden && known.state !== "done" ? [] : this.#call({ ...of, name, args });
    const call = /** @type {import("./calls.js").Call} */ (this.#calls.get(of));
    if (this.#approvals === "custom") return [...told, custom("tool_confirmation", { ...event, toolCallId: call.part })];
    Object.assign(call, { state: "waiting", exclusive, approval: id });
    this.#questions.set(id, event);
    return told;
  }

  /**
   * @param {Extract<Event, {type: "tool_result"}>} event
   * @returns {AGUIEvent[]}
   */
  #result(event) {
    const call = this.#calls.over(event);
    return call ? this.#messages.result(call.part, event) : [];
  }

  /** Ends the run where the turn goes on only after an approval. */
  #pause() {
    if (this.ended || !this.#calls.waiting) return [];
    this.interrupted = true;
    const interrupts = this.#calls.all().flatMap(({ state, approval = "", part }) => {
      const question = this.#questions.get(approval);
      if (state !== "waiting" || !question) return [];
      const { name, args } = question;
      return [{ id: approval, reason: "tool_approval", message: `${name} ${args}`, toolCallId: part, responseSchema: ANSWER }];
    });
    return [...this.#close(), this.#finished({ outcome: { type: "interrupt", interrupts } })];
  }

  /**
   * @param {Extract<Event, {type: "finish" | "error" | "aborted"}>} event
   * @returns {AGUIEvent[]}
   */
  #terminal(event) {
    this.ended = true;
    const results = this.#calls.all().flatMap((call) => {
      const over = this.#calls.over(call);
      return over ? this.#messages.result(over.part, { output: "The turn has ended.", is_error: true }) : [];
    });
    const chunks = [...this.#close(), ...results];
    if (event.type === "error") {
      const message = [event.message, event.hint].filter(Boolean).join(" ");
      return [...chunks, { type: "RUN_ERROR", message, code: event.kind, ...this.#totals() }];
    }
    if (event.type === "aborted")
      return [...chunks, this.#finished({ outcome: { type: "cancelled" }, metadata: { sparewheel: { reason: event.reason } } })];
    const { reason, model, empty } = event;
    return [...chunks, this.#finished({ outcome: { type: "success" }, result: { reason, model, ...(empty && { empty }) } })];
  }

  /**
   * @param {object} more
   * @returns {AGUIEvent}
   */
  #finished(more) {
    return { type: "RUN_FINISHED", .../** @type {any} */ (this.#run), ...more, ...this.#totals() };
  }

  #totals() {
    return this.#usage.size ? { usage: [...this.#usage.values()] } : {};
  }

  /** @param {Extract<Event, {type: "usage"}>} event Of a discarded attempt as well: its tokens were used. */
  #use({ model, input_tokens, output_tokens, reasoning_tokens, cached_tokens, written_tokens }) {
    const slash = model.indexOf("/");
    const total = this.#usage.get(model) ?? {
      ...(slash > 0 && { provider: model.slice(0, slash) }),
      model: model.slice(slash + 1),
    };
    const counts = { inputTokens: input_tokens, outputTokens: output_tokens, reasoningTokens: reasoning_tokens };
    const cached = { cachedInputTokens: cached_tokens, cacheWriteInputTokens: written_tokens };
    for (const [name, count] of Object.entries({ ...counts, ...cached }))
      if (count !== null) total[name] = (total[name] ?? 0) + count;
    this.#usage.set(model, total);
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {AGUIEvent}
 */
const custom = (name, value) => ({ type: "CUSTOM", name: `sparewheel.${name}`, value });
