// The tool calls of a UI message stream: the chunks that tell of them.

import { Calls, parsed } from "./calls.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./ai-sdk.js").UIMessageChunk} Chunk
 * @typedef {import("./calls.js").Call} Call
 * @typedef {import("./calls.js").Of} Of
 */

const DYNAMIC = { dynamic: true, providerExecuted: true };

export class UIMessageCalls {
  #version;
  #calls = new Calls();

  /** @param {5 | 7} version */
  constructor(version) {
    this.#version = version;
  }

  get waiting() {
    return this.#version === 7 && this.#calls.waiting;
  }

  /** @param {{id: string, name: string, args: string, task?: string}} event */
  inside(event) {
    this.#calls.inside(event);
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {number} attempt
   * @returns {Chunk[]}
   */
  start(id, name, attempt) {
    const { part } = this.#calls.add({ id }, { name, attempt, args: "", state: "streaming" });
    return [{ type: "tool-input-start", toolCallId: part, toolName: name, ...DYNAMIC }];
  }

  /**
   * @param {Extract<Event, {type: "tool_call_delta"}>} event
   * @returns {Chunk[]}
   */
  delta({ id, name, attempt, arguments: piece }) {
    const begun = this.#streaming({ id }) ? [] : this.start(id, name, attempt);
    const call = /** @type {Call} */ (this.#calls.get({ id }));
    call.args += piece;
    return [...begun, { type: "tool-input-delta", toolCallId: call.part, inputTextDelta: piece }];
  }

  /**
   * @param {Of & {name: string, args: string}} event
   * @returns {Chunk[]}
   */
  call({ name, args, ...of }) {
    const call = this.#streaming(of) ?? this.#calls.add(of, { name, args, state: "running" });
    Object.assign(call, { name, args, state: "running" });
    return [available(call)];
  }

  /**
   * @param {Extract<Event, {type: "tool_confirmation"}>} event
   * @returns {Chunk[]}
   */
  confirmation({ id, call_id = id, name, args, task, exclusive = false }) {
    const of = { id: call_id, ...(task !== undefined && { task }) };
    /** @type {Chunk[]} */
    const chunks = [];
    let call = this.#calls.get(of);
    if (!call || call.hidden || call.state === "done") {
      chunks.push(...this.call({ ...of, name, args }));
      call = /** @type {Call} */ (this.#calls.get(of));
    } else if (call.args !== args || call.state === "streaming") {
      call.args = args;
      chunks.push(available(call));
    }
    Object.assign(call, { state: "waiting", exclusive, approval: id });
    if (this.#version === 7) chunks.push({ type: "tool-approval-request", approvalId: id, toolCallId: call.part });
    return chunks;
  }

  /**
   * @param {string} approval
   * @param {{approved?: boolean, reason?: string}} answer
   * @returns {Chunk[]}
   */
  answered(approval, { approved, reason }) {
    const call = this.#calls.asked(approval);
    if (!call) return [];
    call.state = "running";
    if (this.#version === 5 || approved === undefined) return [];
    return [{ type: "tool-approval-response", approvalId: approval, approved, ...(reason !== undefined && { reason }) }];
  }

  /**
   * @param {Extract<Event, {type: "tool_output"}>} event
   * @returns {Chunk[]}
   */
  output(event) {
    const call = this.#calls.get(event);
    if (!call || call.hidden || call.state === "done" || call.state === "streaming") return [];
    call.state = "running";
    return [{ type: "tool-output-available", toolCallId: call.part, output: event.output, preliminary: true, ...DYNAMIC }];
  }

  /**
   * @param {Extract<Event, {type: "tool_result"}>} event
   * @returns {Chunk[]}
   */
  result(event) {
    const call = this.#calls.over(event);
    if (!call) return [];
    if (event.is_error) return [failed(call, event.output)];
    return [{ type: "tool-output-available", toolCallId: call.part, output: event.output, ...DYNAMIC }];
  }

  /**
   * @param {Extract<Event, {type: "tool_blocked"}>} event
   * @returns {Chunk[]}
   */
  blocked(event) {
    const call = this.#calls.over(event);
    if (!call) return [];
    if (this.#version === 5 || call.approval === undefined) return [failed(call, event.reason)];
    return [
      { type: "tool-approval-response", approvalId: call.approval, approved: false, reason: event.reason },
      { type: "tool-output-denied", toolCallId: call.part },
    ];
  }

  /**
   * @param {number} attempt
   * @param {boolean} removed Whether the parts are gone.
   * @returns {Chunk[]}
   */
  discard(attempt, removed) {
    const voided = this.#calls.all().filter((call) => call.attempt === attempt && call.state === "streaming");
    for (const call of voided) {
      if (removed) this.#calls.forget(call);
      else call.state = "done";
    }
    return removed ? [] : voided.map((call) => unfinished(call, "The attempt was discarded."));
  }

  /**
   * The calls whose arguments are not complete, and will not be.
   * @returns {Chunk[]}
   */
  cut() {
    const cut = this.#calls.all().filter(({ state }) => state === "streaming");
    return cut.map((call) => {
      call.state = "done";
      return unfinished(call, "The attempt failed.");
    });
  }

  /**
   * @param {string} why
   * @returns {Chunk[]}
   */
  close(why) {
    return this.#calls.all().flatMap((call) => {
      const { state, hidden } = call;
      call.state = "done";
      if (state === "done" || hidden) return [];
      return [state === "streaming" ? unfinished(call, why) : failed(call, why)];
    });
  }

  /** @param {Of} of */
  #streaming(of) {
    const call = this.#calls.get(of);
    return call?.state === "streaming" ? call : undefined;
  }
}

/**
 * @param {Call} call
 * @returns {Chunk}
 */
const available = ({ part, name, args }) => ({
  type: "tool-input-available",
  toolCallId: part,
  toolName: name,
  input: parsed(args),
  ...DYNAMIC,
});

/**
 * @param {Call} call
 * @param {string} errorText
 * @returns {Chunk}
 */
const failed = ({ part }, errorText) => ({ type: "tool-output-error", toolCallId: part, errorText, ...DYNAMIC });

/**
 * A call whose arguments are not complete.
 * @param {Call} call
 * @param {string} errorText
 * @returns {Chunk}
 */
const unfinished = ({ part, name, args }, errorText) => ({
  type: "tool-input-error",
  toolCallId: part,
  toolName: name,
  input: args,
  errorText,
  ...DYNAMIC,
});
