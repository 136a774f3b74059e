// Folds the events of a turn into the answer so far. `sparewheel.Transcript` does the same in Python; a test compares them.

import { Attempts } from "./folded-attempts.js";
import { annotationOf, annotationsOf, mediaOf } from "./message-parts.js";
import { StreamedText } from "./streamed-text.js";
import { sum } from "./usage.js";

/**
 * @typedef {import("./events.js").Event} Event
 * @typedef {import("./sparewheel.js").Folded} Folded
 * @typedef {import("./sparewheel.js").FoldedCall} FoldedCall
 * @typedef {import("./events.js").MediaShape} MediaShape
 * @typedef {import("./events.js").AnnotationShape} AnnotationShape
 *
 * @typedef {object} Output Output of one attempt.
 * @property {StreamedText} text
 * @property {StreamedText} reasoning
 * @property {Map<number, FoldedCall>} calls By content block, in the order in which the blocks were announced.
 * @property {MediaShape[]} media
 * @property {AnnotationShape[]} annotations
 *
 * @typedef {object} Work
 * @property {Attempts} attempts
 * @property {Map<number, Output>} output Output of this step, by attempt.
 * @property {FoldedCall[] | null} called The calls of `tool_call` events: they replace the calls as they were streamed.
 *
 * @typedef {"message" | "text" | "reasoning" | "toolCalls" | "media" | "annotations" | "model" | "step" | "attempts"} Derived
 * @typedef {Omit<Folded, Derived> & Work} State
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
    push(event, at = null) {
      if (event.turn !== state.turn || (event.type === "start" && !event.resumed)) {
        if (event.turn === null) return; // it stands outside of turns
        state = fresh(event.turn);
        state.started_at = at;
      }
      state.attempts.now = at;
      step(state, event);
    },
    get message() {
      return messageOf(answer(state));
    },
    added({ text, reasoning }) {
      const outputs = [...state.output.values()];
      return { text: from(outputs, "text", text), reasoning: from(outputs, "reasoning", reasoning) };
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
    status: turn === null ? "idle" : "running",
    attempts: new Attempts(),
    usage: null,
    cost: null,
    started_at: null,
    ended_at: null,
    finish_reason: null,
    error: null,
    output: new Map(),
    called: null,
  };
}

/**
 * @param {State} state
 * @param {Event} event
 */
function step(state, event) {
  if (event.task !== undefined && event.type !== "usage") return; // a sub-agent's work is not part of the answer
  const { attempts } = state;
  switch (event.type) {
    case "start":
      state.agent = event.agent;
      if (event.resumed) goOn(state, event);
      else attempts.begin(1, event.model);
      break;
    case "step":
      state.agent = event.agent;
      state.output.clear();
      state.called = null;
      attempts.end("answered");
      Object.assign(attempts, { step: event.step, model: event.model, current: 0 });
      break;
    case "delta": {
      const output = outputOf(state, event.attempt);
      output.text.append(event.content ?? "");
      output.reasoning.append(event.reasoning ?? "");
      break;
    }
    case "block_start":
      if (event.id !== undefined) callOf(state, { ...event, id: event.id, name: event.name ?? "" });
      break;
    case "media": // one of a tool's result is no part of the answer
      if (event.call_id === undefined) outputOf(state, event.attempt).media.push(mediaOf(event));
      break;
    case "annotation":
      outputOf(state, event.attempt).annotations.push(annotationOf(event));
      break;
    case "tool_call_delta":
      callOf(state, event).arguments += event.arguments;
      break;
    case "tool_call":
      (state.called ??= []).push({ id: event.id, name: event.name, arguments: event.args });
      attempts.end("answered"); // no call runs before the response is complete
      break;
    case "retry":
    case "fallback":
      attempts.change(event);
      break;
    case "hedge":
      attempts.begin(event.attempt, event.to);
      break;
    case "compacted":
      attempts.compact(event);
      break;
    case "resumed": // after a reload it is of a model that no event has named
      attempts.takeUp(event.attempt, event.model);
      break;
    case "discard":
      discard(state, event.attempt);
      break;
    case "usage":
      state.usage = sum(state.usage, event);
      if (event.cost !== null) state.cost = (state.cost ?? 0) + event.cost;
      if (event.task === undefined) attempts.use(event);
      break;
    case "finish":
      end(state, "finished", "answered");
      adopt(state, event.message);
      attempts.model = event.model;
      state.finish_reason = event.reason;
      break;
    case "exhausted":
      attempts.failCurrent({ reason: event.final_error.message, kind: event.final_error.kind });
      break;
    case "error":
      attempts.failCurrent({ reason: event.message, kind: event.kind });
      end(state, "error", "failed");
      state.usage = event.usage ?? state.usage;
      adopt(state, event.partial_message);
      state.error = event;
      break;
    case "aborted":
      end(state, "aborted", "aborted");
      state.usage = event.usage ?? state.usage;
      adopt(state, event.message);
      break;
  }
}

/**
 * The turn goes on: what an unfinished step has shown is void.
 * @param {State} state
 * @param {Extract<Event, {type: "start"}>} event
 */
function goOn(state, { model, attempt = 0 }) {
  const { attempts } = state;
  for (const each of state.output.keys()) if (!attempts.hasAnswered(each)) discard(state, each);
  state.output.clear();
  Object.assign(state, { status: "running", called: null, error: null, finish_reason: null, ended_at: null });
  attempts.goOn(attempt, model);
}

/**
 * The turn ends.
 * @param {State} state
 * @param {Folded["status"]} status
 * @param {import("./sparewheel.js").FoldedAttempt["state"]} last What became of the running attempt.
 */
function end(state, status, last) {
  state.status = status;
  state.ended_at = state.attempts.now;
  state.attempts.end(last);
}

/**
 * Takes over the calls of the final message: calls that were not complete are not part of it.
 * @param {State} state
 * @param {Folded["message"] | null} message
 */
function adopt(state, message) {
  const calls = message?.tool_calls?.map(({ id, function: called }) => ({ id, ...called }));
  state.called = calls ?? (message ? [] : (state.called ?? []));
}

/**
 * @param {State} state
 * @param {number} attempt
 */
function discard(state, attempt) {
  const { text = "", reasoning = "" } = state.output.get(attempt) ?? {};
  state.attempts.discard(attempt, { text: String(text), reasoning: String(reasoning) });
  state.output.delete(attempt);
}

/**
 * @param {State} state
 * @param {number} attempt
 */
function outputOf(state, attempt) {
  let output = state.output.get(attempt);
  if (!output) {
    output = { text: new StreamedText(), reasoning: new StreamedText(), calls: new Map(), media: [], annotations: [] };
    state.output.set(attempt, output);
    state.attempts.stream(attempt);
  }
  return output;
}

/**
 * @param {State} state
 * @param {{attempt: number, index: number, id: string, name: string}} event
 */
function callOf(state, { attempt, index, id, name }) {
  const { calls } = outputOf(state, attempt);
  const known = calls.get(index);
  if (known) return known;
  const call = { id, name, arguments: "" };
  calls.set(index, call);
  return call;
}

/**
 * @param {State} state
 * @returns {Pick<Folded, "text" | "reasoning" | "toolCalls" | "media" | "annotations">}
 */
function answer({ output, called }) {
  const outputs = [...output.values()];
  return {
    text: outputs.map(({ text }) => text).join(""),
    reasoning: outputs.map(({ reasoning }) => reasoning).join(""),
    toolCalls: (called ?? outputs.flatMap(({ calls }) => inOrder(calls))).map((call) => ({ ...call })),
    media: outputs.flatMap(({ media }) => media.map((each) => ({ ...each }))),
    annotations: annotationsOf(outputs),
  };
}

/**
 * @param {Output[]} outputs
 * @param {"text" | "reasoning"} what
 * @param {number} start Index in the texts of all outputs, joined.
 */
function from(outputs, what, start) {
  let found = "";
  for (const { [what]: text } of outputs) {
    found += text.from(Math.max(start, 0));
    start -= text.length;
  }
  return found;
}

/**
 * The message has calls in the order of their blocks. A block is announced when its name is known, which may be later.
 * @param {Map<number, FoldedCall>} calls
 */
function inOrder(calls) {
  return [...calls].sort(([one], [other]) => one - other).map(([, call]) => call);
}

/**
 * @param {ReturnType<typeof answer>} answer
 * @returns {Folded["message"]}
 */
function messageOf({ text, reasoning, toolCalls, media, annotations }) {
  /** @type {Folded["message"]} */
  const message = { role: "assistant", content: text };
  if (reasoning) message.reasoning = reasoning;
  if (toolCalls.length) {
    message.tool_calls = toolCalls.map(({ id, ...called }) => ({ id, type: "function", function: called }));
  }
  if (media.length) message.media = media.map((each) => ({ ...each }));
  if (annotations.length) message.annotations = annotations.map((each) => ({ ...each }));
  return message;
}

/**
 * @param {State} state
 * @returns {Folded}
 */
function snapshot(state) {
  const { output: _output, called: _called, attempts, ...rest } = state;
  const parts = answer(state);
  return {
    ...rest,
    ...parts,
    model: attempts.model,
    step: attempts.step,
    message: messageOf(parts),
    attempts: attempts.folded(),
  };
}
