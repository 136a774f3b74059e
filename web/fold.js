// Folds the events of a turn into what they come to. The text always equals the final message's.

/**
 * @typedef {import("./events.js").Event} Event
 * @typedef {import("./sparewheel.js").Folded} Folded
 * @typedef {import("./sparewheel.js").FoldedAttempt} FoldedAttempt
 * @typedef {import("./sparewheel.js").UsageTotals} UsageTotals
 *
 * @typedef {object} Output What one attempt has streamed.
 * @property {string} text Strings are only ever appended to, which engines do in constant time.
 * @property {string} reasoning
 * @property {Map<number, {id: string, name: string, arguments: string}>} calls By content block.
 *
 * @typedef {object} Work
 * @property {FoldedAttempt[]} attempts By number, from 1. Those of sub-agents are missing from it.
 * @property {Map<number, Output>} output Of this step, by attempt.
 * @property {number} current The attempt that is under way; 0 when the step has shown none yet.
 *
 * @typedef {Omit<Folded, "text" | "reasoning" | "toolCalls"> & Work} State
 */

/** @param {Iterable<Event>} events */
export function fold(events) {
  const transcript = createTranscript();
  for (const event of events) transcript.push(event);
  return transcript.snapshot();
}

/** @returns {import("./sparewheel.js").Transcript} */
export function createTranscript() {
  let state = fresh(null);
  return {
    push(event) {
      if (event.turn !== state.turn) state = fresh(event.turn);
      step(state, event);
    },
    snapshot: () => snapshot(state),
  };
}

/**
 * @param {string | null} turn
 * @returns {State}
 */
function fresh(turn) {
  return {
    turn,
    agent: null,
    model: null,
    status: turn === null ? "idle" : "running",
    step: 1,
    attempts: [],
    usage: null,
    finish_reason: null,
    error: null,
    output: new Map(),
    current: 0,
  };
}

/**
 * @param {State} state
 * @param {Event} event
 */
function step(state, event) {
  if (event.task !== undefined && event.type !== "usage") return; // what a sub-agent does is no part of the answer
  switch (event.type) {
    case "start":
      state.agent = event.agent;
      begin(state, 1, event.model);
      break;
    case "step":
      state.step = event.step;
      state.agent = event.agent;
      state.output.clear();
      end(state, "running", "answered");
      state.current = 0;
      break;
    case "delta": {
      const output = outputOf(state, event.attempt);
      output.text += event.content ?? "";
      output.reasoning += event.reasoning ?? "";
      break;
    }
    case "tool_call_delta": {
      const { calls } = outputOf(state, event.attempt);
      const call = calls.get(event.index);
      if (call) call.arguments += event.arguments;
      else calls.set(event.index, { id: event.id, name: event.name, arguments: event.arguments });
      break;
    }
    case "retry":
      fail(state, event.attempt - 1, event.reason);
      begin(state, event.attempt, event.model);
      break;
    case "fallback":
      fail(state, event.attempt - 1, event.reason);
      begin(state, event.attempt, event.to);
      break;
    case "hedge":
      begin(state, event.attempt, event.to);
      break;
    case "discard":
      discard(state, event.attempt);
      break;
    case "usage":
      state.usage = sum(state.usage, event);
      if (event.task === undefined) recordOf(state, event.attempt).model = event.model;
      break;
    case "finish":
      end(state, "finished", "answered");
      state.model = event.model;
      state.finish_reason = event.reason;
      break;
    case "error":
      fail(state, state.current, event.message);
      state.status = "error";
      state.error = event;
      break;
    case "aborted":
      end(state, "aborted", "aborted");
      state.usage = event.usage ?? state.usage;
      break;
  }
}

/**
 * The attempt with this number is about to be made. A number that comes twice means that the first was skipped.
 * @param {State} state
 * @param {number} attempt From 1.
 * @param {string} model
 */
function begin(state, attempt, model) {
  state.model = model;
  state.current = attempt;
  state.attempts[attempt - 1] = { attempt, model, state: "waiting", reason: "", discarded: false };
}

/**
 * A further step begins without a word of its first attempt.
 * @param {State} state
 * @param {number} attempt
 */
function recordOf(state, attempt) {
  const known = state.attempts[attempt - 1];
  if (known) return known;
  begin(state, attempt, state.model ?? "");
  return /** @type {FoldedAttempt} */ (state.attempts[attempt - 1]);
}

/**
 * @param {State} state
 * @param {number} attempt 0: the step had none yet.
 * @param {string} reason
 */
function fail(state, attempt, reason) {
  if (attempt > 0) Object.assign(recordOf(state, attempt), { state: "failed", reason });
}

/**
 * @param {State} state
 * @param {Folded["status"]} status
 * @param {FoldedAttempt["state"]} last What became of the attempt that was under way; others beside it were given up.
 */
function end(state, status, last) {
  state.status = status;
  for (const record of state.attempts) {
    if (record?.attempt === state.current) record.state = last;
    else if (record?.state === "waiting" || record?.state === "streaming") record.state = "aborted";
  }
}

/**
 * @param {State} state
 * @param {number} attempt
 */
function discard(state, attempt) {
  state.output.delete(attempt);
  recordOf(state, attempt).discarded = true;
}

/**
 * @param {State} state
 * @param {number} attempt
 */
function outputOf(state, attempt) {
  let output = state.output.get(attempt);
  if (!output) {
    output = { text: "", reasoning: "", calls: new Map() };
    state.output.set(attempt, output);
    recordOf(state, attempt).state = "streaming";
    state.current = attempt;
  }
  return output;
}

/**
 * @param {UsageTotals | null} total
 * @param {UsageTotals} more
 * @returns {UsageTotals}
 */
function sum(total, more) {
  const add = (/** @type {keyof UsageTotals} */ name) => {
    const [known, next] = [total?.[name] ?? null, more[name]];
    return known === null ? next : known + (next ?? 0);
  };
  return {
    input_tokens: add("input_tokens"),
    output_tokens: add("output_tokens"),
    cached_tokens: add("cached_tokens"),
    written_tokens: add("written_tokens"),
    reasoning_tokens: add("reasoning_tokens"),
  };
}

/**
 * @param {State} state
 * @returns {Folded}
 */
function snapshot({ output, attempts, current: _, ...rest }) {
  const outputs = [...output.values()];
  return {
    ...rest,
    attempts: attempts.flatMap((attempt) => [{ ...attempt }]), // which closes the gaps
    text: outputs.map(({ text }) => text).join(""),
    reasoning: outputs.map(({ reasoning }) => reasoning).join(""),
    toolCalls: outputs.flatMap(({ calls }) => [...calls.values()].map((call) => ({ ...call }))),
  };
}
