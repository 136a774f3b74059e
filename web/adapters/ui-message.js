// Maps the events of one turn to the chunks of AI SDK's UI message stream.

import { createTranscript } from "../fold.js";
import { isTerminal } from "../predicates.js";
import { aboutOf, defaultFileUrl, FINISH_REASONS, metadata, partId, report, REPORTED, sourceOf } from "./ui-message-chunks.js";
import { UIMessageCalls } from "./ui-message-calls.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./ai-sdk.js").UIMessageChunk} Chunk
 * @typedef {import("./ai-sdk.js").MapperOptions} MapperOptions
 * @typedef {import("./ai-sdk.js").UIMessageMapper} UIMessageMapper
 */

/**
 * @param {Iterable<Event>} events Of one turn. If the turn was resumed, only what follows the last `start` counts.
 * @param {MapperOptions} [options]
 */
export function toUIMessageChunks(events, options) {
  const log = [...events];
  const mapper = createUIMessageMapper(options);
  const chunks = log
    .slice(
      Math.max(
        0,
        log.findLastIndex(({ type }) => type === "start"),
      ),
    )
    .flatMap((event) => mapper.push(event));
  return [...chunks, ...mapper.end()];
}

/**
 * @param {MapperOptions} [options]
 * @returns {UIMessageMapper}
 */
export function createUIMessageMapper(options = {}) {
  return new Mapper(options);
}

/** @implements {UIMessageMapper} */
class Mapper {
  ended = false;
  #transcript = createTranscript();
  #version;
  #fileUrl;
  #calls;
  #started = false;
  #sources = 0;
  /** @type {Map<string, "text" | "reasoning">} Open parts by id. */
  #open = new Map();
  /** @type {Set<number>} Attempts with parts since the last `start-step`. */
  #shown = new Set();
  /** @type {Map<string, Event>} Questions without an answer. */
  #questions = new Map();

  /** @param {MapperOptions} options */
  constructor({ version = 7, fileUrl = defaultFileUrl }) {
    this.#version = version;
    this.#fileUrl = fileUrl;
    this.#calls = new UIMessageCalls(version);
  }

  get waiting() {
    return !this.ended && this.#calls.waiting;
  }

  /** @param {Event} event */
  push(event) {
    if (this.ended || event.turn === null) return [];
    this.#transcript.push(event);
    if (event.task !== undefined) return this.#fromTask(event);
    const chunks = this.#started ? [] : this.#start(event);
    chunks.push(...(isTerminal(event) ? this.#terminal(event) : this.#chunks(event)));
    return chunks;
  }

  end() {
    if (this.ended) return [];
    this.ended = true;
    return this.#started
      ? [...this.#close("The turn has no end."), { type: "finish-step" }, { type: "abort" }]
      : [{ type: "abort" }];
  }

  /**
   * @param {string} id
   * @param {{approved?: boolean, reason?: string}} [answer]
   */
  answered(id, answer = {}) {
    if (this.ended) return [];
    return [...this.#settle(id), ...this.#calls.answered(id, answer)];
  }

  /**
   * @param {Event} event
   * @returns {Chunk[]}
   */
  #start(event) {
    this.#started = true;
    const { model, agent } = this.#transcript.snapshot();
    const about = { turn: event.turn, ...(agent !== null && { agent }), ...(model !== null && { model }) };
    return [{ type: "start", messageId: event.turn, messageMetadata: { sparewheel: about } }, { type: "start-step" }];
  }

  /**
   * @param {Event} event
   * @returns {Chunk[]}
   */
  #chunks(event) {
    switch (event.type) {
      case "block_start":
        if (event.kind !== "tool_call") return this.#opened(event, event.kind);
        return event.id === undefined
          ? []
          : this.#call(event.attempt, this.#calls.start(event.id, event.name ?? "", event.attempt));
      case "delta": {
        const kind = event.content === undefined ? "reasoning" : "text";
        const delta = event.content ?? event.reasoning ?? "";
        return [...this.#opened(event, kind), { type: `${kind}-delta`, id: partId(event, kind), delta }];
      }
      case "block_end":
        return event.kind === "tool_call" ? [] : this.#closed(partId(event, event.kind));
      case "tool_call_delta":
        return this.#call(event.attempt, this.#calls.delta(event));
      case "tool_call":
        return this.#calls.call(event);
      case "media":
        this.#shown.add(event.attempt);
        return [{ type: "file", url: this.#fileUrl(event), mediaType: event.mime_type, ...metadata({ attempt: event.attempt }) }];
      case "annotation":
        if (event.kind !== "search") this.#shown.add(event.attempt);
        return [sourceOf(event, ++this.#sources)];
      case "step":
        return [...this.#close("The step has ended."), ...this.#boundary()];
      case "discard":
        return this.#discard(event.attempt);
      case "retry":
      case "fallback":
        return [...(event.continues && this.#shown.size ? this.#boundary() : []), report(event)];
      case "elicitation":
      case "in_doubt":
        return this.#ask(event);
      case "tool_confirmation":
      case "tool_output":
      case "tool_result":
      case "tool_blocked":
        return this.#progress(event);
      default:
        return REPORTED.has(event.type) ? [report(event)] : [];
    }
  }

  /**
   * What a sub-agent does is not part of the message, but for the calls that wait for the user.
   * @param {Event} event
   * @returns {Chunk[]}
   */
  #fromTask(event) {
    if (event.type === "elicitation" || event.type === "in_doubt") return this.#ask(event);
    if (event.type === "tool_call") this.#calls.inside(event);
    else if (event.type === "tool_confirmation" || event.type === "tool_result" || event.type === "tool_blocked")
      return this.#progress(event);
    return REPORTED.has(event.type) ? [report(event)] : [];
  }

  /**
   * How far a call is.
   * @param {Extract<Event, {type: "tool_confirmation" | "tool_output" | "tool_result" | "tool_blocked"}>} event
   * @returns {Chunk[]}
   */
  #progress(event) {
    if (event.type === "tool_output") return this.#calls.output(event);
    if (event.type === "tool_blocked") return this.#calls.blocked(event);
    if (event.type === "tool_result") return [...this.#settle(event.id, true), ...this.#calls.result(event)];
    const chunks = this.#calls.confirmation(event);
    return this.#version === 5 ? [...chunks, ...this.#ask(event)] : chunks;
  }

  /**
   * @param {{attempt: number, index: number}} event
   * @param {"text" | "reasoning"} kind
   * @returns {Chunk[]}
   */
  #opened(event, kind) {
    const id = partId(event, kind);
    this.#shown.add(event.attempt);
    if (this.#open.has(id)) return [];
    this.#open.set(id, kind);
    return [{ type: `${kind}-start`, id, ...metadata({ attempt: event.attempt }) }];
  }

  /**
   * @param {string} id
   * @returns {Chunk[]}
   */
  #closed(id) {
    const kind = this.#open.get(id);
    this.#open.delete(id);
    return kind ? [{ type: `${kind}-end`, id }] : [];
  }

  /**
   * @param {number} attempt
   * @param {Chunk[]} chunks
   */
  #call(attempt, chunks) {
    this.#shown.add(attempt);
    return chunks;
  }

  /** @param {string} why For calls that have no result. */
  #close(why) {
    return [...this.#closeBlocks(), ...this.#calls.close(why)];
  }

  /** @param {string} [of] The beginning of the ids. */
  #closeBlocks(of = "") {
    return [...this.#open.keys()].filter((id) => id.startsWith(of)).flatMap((id) => this.#closed(id));
  }

  /** @returns {Chunk[]} */
  #boundary() {
    this.#shown.clear();
    const ends = [...this.#closeBlocks(), ...this.#calls.cut()];
    return [...ends, { type: "finish-step" }, { type: "start-step" }];
  }

  /**
   * @param {number} attempt
   * @returns {Chunk[]}
   */
  #discard(attempt) {
    const chunks = this.#closeBlocks(`${attempt}.`);
    const reset = this.#version === 7 && this.#shown.size === 1 && this.#shown.has(attempt);
    chunks.push(...this.#calls.discard(attempt, reset));
    if (reset) chunks.push({ type: "reset-step" });
    this.#shown.delete(attempt);
    return [...chunks, { type: "message-metadata", messageMetadata: { sparewheel: aboutOf(this.#transcript.snapshot()) } }];
  }

  /**
   * @param {Event & {id: string}} event
   * @returns {Chunk[]}
   */
  #ask(event) {
    this.#questions.set(event.id, event);
    return [{ type: "data-sparewheel-question", id: event.id, data: { ...event, open: true } }];
  }

  /**
   * The question is no longer open.
   * @param {string} id
   * @param {boolean} [ofCall] `id` is that of the call.
   * @returns {Chunk[]}
   */
  #settle(id, ofCall = false) {
    const found = [...this.#questions].find(
      ([asked, event]) => asked === id || (ofCall && event.type === "tool_confirmation" && event.call_id === id),
    );
    if (!found || !this.#questions.delete(found[0])) return [];
    return [{ type: "data-sparewheel-question", id: found[0], data: { ...found[1], open: false } }];
  }

  /**
   * @param {Extract<Event, {type: "finish" | "error" | "aborted"}>} event
   * @returns {Chunk[]}
   */
  #terminal(event) {
    this.ended = true;
    const chunks = this.#close(event.type === "aborted" ? "The turn was stopped." : "The turn has ended.");
    const inDoubt = event.type === "error" && event.kind === "in_doubt"; // the session takes decisions after it
    const over = [...this.#questions].filter(([, { type }]) => !(inDoubt && type === "in_doubt"));
    chunks.push(...over.flatMap(([id]) => this.#settle(id)), { type: "finish-step" });
    const messageMetadata = { sparewheel: aboutOf(this.#transcript.snapshot()) };
    if (event.type === "finish")
      return [...chunks, { type: "finish", finishReason: FINISH_REASONS[event.reason] ?? "other", messageMetadata }];
    chunks.push({ type: "message-metadata", messageMetadata });
    if (event.type === "error")
      return [...chunks, { type: "error", errorText: [event.message, event.hint].filter(Boolean).join(" ") }];
    return [...chunks, { type: "abort", ...(this.#version === 7 && { reason: event.reason }) }];
  }
}
