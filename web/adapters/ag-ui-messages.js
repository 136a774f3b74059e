// The messages of a turn as AG-UI has them: one for each block of text or reasoning, for the calls, and for each result.

/** @typedef {import("./ag-ui.js").AGUIEvent} AGUIEvent */

export class AGUIMessages {
  /** @type {readonly any[] | undefined} The messages of the thread before; without them nothing can be taken back. */
  given;
  /** @type {any[]} */
  #made = [];
  /** @type {Map<string, {id: string, message: any}>} By attempt, block and kind. */
  #open = new Map();
  #count = 0;

  /** @param {readonly any[] | undefined} given */
  constructor(given) {
    this.given = given;
  }

  /**
   * @param {{turn: string, attempt: number, index: number, content?: string, reasoning?: string}} event
   * @returns {AGUIEvent[]}
   */
  delta({ turn, attempt, index, content, reasoning }) {
    const delta = content ?? reasoning ?? "";
    if (!delta) return [];
    const kind = content === undefined ? "reasoning" : "text";
    const key = `${attempt}.${index}.${kind}`;
    const begun = this.#open.has(key) ? [] : this.#begin(key, turn, attempt, kind);
    const { id, message } = /** @type {{id: string, message: any}} */ (this.#open.get(key));
    message.content += delta;
    return [...begun, { type: kind === "text" ? "TEXT_MESSAGE_CONTENT" : "REASONING_MESSAGE_CONTENT", messageId: id, delta }];
  }

  /** @param {{attempt: number, index: number, kind: string}} event */
  closeBlock({ attempt, index, kind }) {
    return this.#close(`${attempt}.${index}.${kind}`);
  }

  /** @returns {AGUIEvent[]} */
  close() {
    return [...this.#open.keys()].flatMap((key) => this.#close(key));
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {string} args
   * @returns {AGUIEvent[]}
   */
  call(id, name, args) {
    const parent = this.#made.findLast(({ role }) => role !== "reasoning");
    const call = { id, type: "function", function: { name, arguments: args } };
    if (parent?.role === "assistant") (parent.toolCalls ??= []).push(call);
    else this.#made.push({ id: `${id}.call`, role: "assistant", toolCalls: [call] });
    const of = parent?.role === "assistant" ? parent.id : `${id}.call`;
    return [
      { type: "TOOL_CALL_START", toolCallId: id, toolCallName: name, parentMessageId: of },
      ...(args ? [{ type: "TOOL_CALL_ARGS", toolCallId: id, delta: args }] : []),
      { type: "TOOL_CALL_END", toolCallId: id },
    ];
  }

  /**
   * @param {string} toolCallId
   * @param {{output: string, is_error: boolean}} result
   * @returns {AGUIEvent[]}
   */
  result(toolCallId, { output, is_error }) {
    const id = `${toolCallId}.result`;
    this.#made.push({ id, role: "tool", toolCallId, content: output, ...(is_error && { error: output }) });
    const metadata = is_error ? { metadata: { sparewheel: { is_error } } } : {};
    return [{ type: "TOOL_CALL_RESULT", messageId: id, toolCallId, content: output, role: "tool", ...metadata }];
  }

  /**
   * Takes back the messages of an attempt.
   * @param {number} attempt
   * @returns {{gone: string[], events: AGUIEvent[]}}
   */
  discard(attempt) {
    const ends = [...this.#open.keys()].filter((key) => key.startsWith(`${attempt}.`)).flatMap((key) => this.#close(key));
    const gone = this.#made.filter((message) => message.attempt === attempt).map(({ id }) => id);
    this.#made = this.#made.filter((message) => message.attempt !== attempt);
    return { gone, events: gone.length ? [...ends, ...this.snapshot()] : ends };
  }

  /** @returns {AGUIEvent[]} */
  snapshot() {
    if (!this.given) return [];
    const known = new Set(this.given.map(({ id }) => id));
    const made = this.#made
      .filter(({ id }) => !known.has(id))
      .map(({ attempt: _attempt, ...message }) => structuredClone(message));
    return [{ type: "MESSAGES_SNAPSHOT", messages: [...this.given, ...made] }];
  }

  /**
   * @param {string} key
   * @param {string} turn
   * @param {number} attempt
   * @param {"text" | "reasoning"} kind
   * @returns {AGUIEvent[]}
   */
  #begin(key, turn, attempt, kind) {
    const id = `${turn}.${++this.#count}`;
    const message = { id, role: kind === "text" ? "assistant" : "reasoning", content: "", attempt };
    this.#made.push(message);
    this.#open.set(key, { id, message });
    if (kind === "text") return [{ type: "TEXT_MESSAGE_START", messageId: id, role: "assistant" }];
    return [
      { type: "REASONING_START", messageId: id },
      { type: "REASONING_MESSAGE_START", messageId: id, role: "reasoning" },
    ];
  }

  /**
   * @param {string} key
   * @returns {AGUIEvent[]}
   */
  #close(key) {
    const open = this.#open.get(key);
    this.#open.delete(key);
    if (!open) return [];
    const messageId = open.id;
    if (key.endsWith(".text")) return [{ type: "TEXT_MESSAGE_END", messageId }];
    return [
      { type: "REASONING_MESSAGE_END", messageId },
      { type: "REASONING_END", messageId },
    ];
  }
}
