// The record of one turn: if its worker dies, it makes the events that end the turn.

import { fold } from "../fold.js";
import { isObject } from "./config-error.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../events.js").AssistantMessage} Message
 * @typedef {Extract<Event, {type: "delta" | "tool_call_delta"}>} Piece
 * @typedef {Extract<Event, {type: "block_end"}>} BlockEnd
 */

/** Events that are kept as they came; more are joined, so that a long answer takes the memory of its text. */
const MAX_KEPT = 2000;
const NO_RESULT = "The turn was interrupted before this call had a result. It may have had an effect.";

/** Keeps the events of one turn: a reference for each batch, and now and then a pass that joins them. */
export class TurnRecord {
  /** @type {Event[]} */
  #joined = [];
  /** @type {Event[][]} */
  #recent = [];
  #count = 0;
  /** @type {Event | undefined} The event that came last. */
  last;

  /** @param {Event[]} batch */
  add(batch) {
    this.#recent.push(batch);
    this.#count += batch.length;
    this.last = batch.at(-1) ?? this.last;
    if (this.#count > MAX_KEPT) this.#join();
  }

  /** Each run of pieces of one block becomes one event. */
  #join() {
    /** @type {any} */
    let run = null;
    /** @type {string[]} */
    let texts = [];
    const end = () => run && (run[pieceOf(run)] = texts.join(""));
    for (const batch of this.#recent) {
      for (const event of batch) {
        if (run && event.type === run.type && sameBlock(event, run)) {
          texts.push(textOf(/** @type {Piece} */ (event)));
          continue;
        }
        end();
        run = event.type === "delta" || event.type === "tool_call_delta" ? { ...event } : null;
        texts = run ? [textOf(run)] : [];
        this.#joined.push(run ?? event);
      }
    }
    end();
    this.#recent = [];
    this.#count = 0;
  }

  /**
   * The events that end the turn: of its open blocks, of its calls without a result, then the terminal one.
   * @param {import("../events.js").AbortReason | null} stopped Why it was stopped; null: it failed.
   * @param {import("./errors.js").SparewheelError} error What it failed with.
   * @returns {Event[]}
   */
  ending(stopped, error) {
    this.#join();
    const { turn = "unstarted", seq = 0, agent = "" } = this.last ?? {};
    const events = this.#joined.filter((event) => event.turn === turn);
    const { message, usage } = fold(events);
    const partial = withoutCutCalls(message);
    const { message: text, code, hint, retryable } = error;
    const failure = { message: text, kind: "internal", code, hint, retryable, attempts: [], partial_message: partial };
    const facts = stopped
      ? { type: "aborted", reason: stopped, partial: message.content, message: partial }
      : { type: "error", ...failure };
    const ends = [...unfinished(events), { agent, ...facts, usage }];
    return /** @type {Event[]} */ (ends.map((event, number) => ({ ...event, turn, seq: seq + number + 1 })));
  }
}

/**
 * The field with the text of a piece.
 * @param {Piece} event
 */
function pieceOf(event) {
  if (event.type === "tool_call_delta") return "arguments";
  return event.content === undefined ? "reasoning" : "content";
}

/**
 * @param {any} one
 * @param {Piece} other
 */
function sameBlock(one, other) {
  return one.index === other.index && one.attempt === other.attempt && one.task === other.task;
}

/** @param {Piece} event */
function textOf(event) {
  return event.type === "delta" ? (event.content ?? event.reasoning ?? "") : event.arguments;
}

/**
 * The ends of open blocks, and results for calls that have none, sub-agents included.
 * @param {Event[]} events
 * @returns {object[]}
 */
function unfinished(events) {
  /** @type {Map<string, BlockEnd>} */
  const blocks = new Map();
  /** @type {Map<string, object>} */
  const calls = new Map();
  for (const event of events) {
    const owner = event.task ?? "";
    switch (event.type) {
      case "block_start":
        blocks.set(`${owner} ${event.attempt} ${event.index}`, { ...event, type: "block_end", content: "" });
        break;
      case "delta":
      case "tool_call_delta": {
        const block = blocks.get(`${owner} ${event.attempt} ${event.index}`);
        if (block) block.content += textOf(event);
        break;
      }
      case "block_end":
        blocks.delete(`${owner} ${event.attempt} ${event.index}`);
        break;
      case "tool_call": {
        const { args: _args, ...call } = event;
        calls.set(`${owner} ${event.id}`, { ...call, type: "tool_result", output: NO_RESULT, is_error: true });
        break;
      }
      case "tool_result":
        calls.delete(`${owner} ${event.id}`);
        break;
    }
  }
  return [...blocks.values(), ...calls.values()];
}

/**
 * A message without the calls whose arguments are incomplete; null if nothing is left.
 * @param {import("../sparewheel.js").Folded["message"]} message
 * @returns {Message | null}
 */
function withoutCutCalls({ tool_calls, ...message }) {
  const whole = tool_calls?.filter((call) => isWhole(call.function.arguments));
  if (whole?.length) return { ...message, tool_calls: whole };
  return message.content || message.reasoning || message.media ? message : null;
}

/** @param {string} text */
function isWhole(text) {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}
