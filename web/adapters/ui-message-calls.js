// The tool calls of a UI message stream: which part a call has, and how far it is.

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./ai-sdk.js").UIMessageChunk} Chunk
 *
 * @typedef {{id: string, task?: string}} Of The id of a call, and the call in which it is made.
 *
 * @typedef {object} Call
 * @property {string} id
 * @property {string} part Its id in the message: those of the turn's calls need not differ.
 * @property {string} name
 * @property {string} args JSON text, as far as it has come.
 * @property {"streaming" | "running" | "waiting" | "done"} state
 * @property {number} attempt 0 if it is not known.
 * @property {string} [task] The call in which it is made.
 * @property {boolean} [exclusive]
 * @property {string} [approval] The id of the question.
 * @property {boolean} [hidden] It has no part.
 */

const DYNAMIC = { dynamic: true, providerExecuted: true };

export class UIMessageCalls {
  #version;
  /** @type {Map<string, Call>} The latest call of each id; a sub-agent's may have the id of a call above it. */
  #calls = new Map();
  /** @type {Set<string>} */
  #parts = new Set();

  /** @param {5 | 7} version */
  constructor(version) {
    this.#version = version;
  }

  /** Whether nothing goes on until the user has answered: each call that has no result waits, or for one that waits. */
  get waiting() {
    if (this.#version === 5) return false;
    const calls = [...this.#calls.values()].filter(({ state }) => state === "running" || state === "waiting");
    const waiting = calls.filter(({ state }) => state === "waiting");
    const behind = (/** @type {Call} */ call) => (/** @type {Call} */ other) =>
      this.#isAbove(call.id, other) ||
      (other.exclusive && other.task === call.task && calls.indexOf(other) < calls.indexOf(call));
    return waiting.length > 0 && calls.every((call) => call.state === "waiting" || waiting.some(behind(call)));
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {number} attempt
   * @returns {Chunk[]}
   */
  start(id, name, attempt) {
    const call = this.#add({ id }, { name, attempt, args: "", state: "streaming" });
    return [{ type: "tool-input-start", toolCallId: call.part, toolName: name, ...DYNAMIC }];
  }

  /**
   * @param {Extract<Event, {type: "tool_call_delta"}>} event
   * @returns {Chunk[]}
   */
  delta({ id, name, attempt, arguments: piece }) {
    const begun = this.#streaming({ id }) ? [] : this.start(id, name, attempt);
    const call = /** @type {Call} */ (this.#calls.get(key({ id })));
    call.args += piece;
    return [...begun, { type: "tool-input-delta", toolCallId: call.part, inputTextDelta: piece }];
  }

  /**
   * @param {{id: string, name: string, args: string, task?: string}} event
   * @returns {Chunk[]}
   */
  call({ id, name, args, task }) {
    const of = { id, ...(task !== undefined && { task }) };
    const call = this.#streaming(of) ?? this.#add(of, { name, args, attempt: 0, state: "running" });
    Object.assign(call, { name, args, state: "running" });
    return [available(call)];
  }

  /** @param {{id: string, name: string, args: string, task?: string}} event A call of a sub-agent: it gets a part if it waits. */
  inside({ id, name, args, task }) {
    const of = { id, ...(task !== undefined && { task }) };
    this.#calls.set(key(of), { ...of, part: "", name, args, attempt: 0, state: "running", hidden: true });
  }

  /**
   * @param {Extract<Event, {type: "tool_confirmation"}>} event
   * @returns {Chunk[]}
   */
  confirmation({ id, call_id = id, name, args, task, exclusive = false }) {
    /** @type {Chunk[]} */
    const chunks = [];
    const of = { id: call_id, ...(task !== undefined && { task }) };
    let call = this.#calls.get(key(of));
    if (!call || call.hidden || call.state === "done") {
      chunks.push(...this.call({ ...of, name, args }));
      call = /** @type {Call} */ (this.#calls.get(key(of)));
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
    const call = [...this.#calls.values()].find((each) => each.approval === approval && each.state === "waiting");
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
    const call = this.#unfinished(event);
    if (!call) return [];
    call.state = "running";
    return [{ type: "tool-output-available", toolCallId: call.part, output: event.output, preliminary: true, ...DYNAMIC }];
  }

  /**
   * @param {Extract<Event, {type: "tool_result"}>} event
   * @returns {Chunk[]}
   */
  result(event) {
    const call = this.#unfinished(event);
    if (!call) return this.#gone(event);
    call.state = "done";
    if (event.is_error) return [failed(call, event.output)];
    return [{ type: "tool-output-available", toolCallId: call.part, output: event.output, ...DYNAMIC }];
  }

  /**
   * @param {Extract<Event, {type: "tool_blocked"}>} event
   * @returns {Chunk[]}
   */
  blocked(event) {
    const call = this.#unfinished(event);
    if (!call) return this.#gone(event);
    const { reason } = event;
    call.state = "done";
    if (this.#version === 5 || call.approval === undefined) return [failed(call, reason)];
    return [
      { type: "tool-approval-response", approvalId: call.approval, approved: false, reason },
      { type: "tool-output-denied", toolCallId: call.part },
    ];
  }

  /**
   * @param {number} attempt
   * @param {boolean} removed Whether the parts are gone.
   * @returns {Chunk[]}
   */
  discard(attempt, removed) {
    const void_ = [...this.#calls].filter(([, call]) => call.attempt === attempt && call.state === "streaming");
    for (const [id, { part }] of void_) {
      this.#calls.delete(id);
      if (removed) this.#parts.delete(part);
    }
    return removed ? [] : void_.map(([, call]) => unfinished(call, "The attempt was discarded."));
  }

  /**
   * The calls whose arguments are not complete, and will not be.
   * @returns {Chunk[]}
   */
  cut() {
    const cut = [...this.#calls.values()].filter(({ state }) => state === "streaming");
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
    return [...this.#calls.values()].flatMap((call) => {
      const { state, hidden } = call;
      call.state = "done";
      if (state === "done" || hidden) return [];
      return [state === "streaming" ? unfinished(call, why) : failed(call, why)];
    });
  }

  /**
   * @param {Of} of
   * @param {Omit<Call, "id" | "part">} facts
   * @returns {Call}
   */
  #add(of, facts) {
    let part = of.id;
    for (let count = 2; this.#parts.has(part); count++) part = `${of.id}~${count}`;
    this.#parts.add(part);
    const call = { ...of, part, ...facts };
    this.#calls.delete(key(of)); // the order of the map is that of the calls
    this.#calls.set(key(of), call);
    return call;
  }

  /** @param {Of} of */
  #streaming(of) {
    const call = this.#calls.get(key(of));
    return call?.state === "streaming" ? call : undefined;
  }

  /** @param {Of} of */
  #unfinished(of) {
    const call = this.#calls.get(key(of));
    return call && !call.hidden && call.state !== "done" && call.state !== "streaming" ? call : undefined;
  }

  /**
   * A call without a part has ended.
   * @param {Of} of
   * @returns {Chunk[]}
   */
  #gone(of) {
    const call = this.#calls.get(key(of));
    if (call?.hidden) call.state = "done";
    return [];
  }

  /**
   * Whether call `id` is one in which `call` is made.
   * @param {string} id
   * @param {Call} call
   */
  #isAbove(id, call) {
    const seen = new Set();
    const taskOf = (/** @type {string} */ above) => [...this.#calls.values()].find((each) => each.id === above)?.task;
    for (let above = call.task; above !== undefined && !seen.has(above); above = taskOf(above)) {
      if (above === id) return true;
      seen.add(above);
    }
    return false;
  }
}

/** @param {Of} of */
const key = ({ id, task = "" }) => `${task}\0${id}`;

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

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
