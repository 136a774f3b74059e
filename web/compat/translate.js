// Between docker-agent's words and ours.

import { readDocuments } from "../client/documents.js";
import { messageOf, SparewheelError } from "../client/errors.js";
import { isObject } from "../client/config-error.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").SessionOptions} SessionOptions
 */

export const aborted = () => new SparewheelError({ kind: "aborted", message: "chat aborted" });

/**
 * @param {unknown} error
 * @param {string} [prefix]
 */
export function theirError(error, prefix = "") {
  if (!(error instanceof SparewheelError)) return new Error(prefix + messageOf(error));
  return error.kind === "aborted" ? aborted() : new SparewheelError({ ...error, message: prefix + error.message });
}

/**
 * @template T
 * @param {string} prefix What the text of every rejection begins with.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function prefixed(prefix, work) {
  try {
    return await work();
  } catch (error) {
    throw theirError(error, prefix);
  }
}

/**
 * @param {unknown} options
 * @returns {SessionOptions}
 */
export function checkedOptions(options) {
  if (!isObject(options)) throw new Error("expected an options object");
  const { yaml, agentName, env, documents } = options;
  if (typeof yaml !== "string") throw new Error("options.yaml must be a string");
  if (documents !== undefined && documents !== null) readDocuments(documents);
  const name = typeof agentName === "string" && agentName !== "" ? { agentName } : {};
  const { agentName: _, ...rest } = options;
  return { ...rest, ...name, yaml, env: isObject(env) ? strings(env) : {} };
}

/**
 * @param {unknown} options
 * @returns {SessionOptions & {messages: import("../sparewheel.js").Message[]}}
 */
export function checkedChat(options) {
  if (options === undefined) throw new Error("chat: expected at least one argument (options object)");
  try {
    const checked = checkedOptions(options);
    const { messages } = checked;
    if (!Array.isArray(messages)) throw new Error("parsing messages: messages must be an array");
    if (messages.at(-1)?.role !== "user") throw new Error("the last message must be from the user");
    return { ...checked, messages };
  } catch (error) {
    throw theirError(error, "chat: ");
  }
}

/** @param {Record<string, unknown>} env */
function strings(env) {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}

/**
 * An event as docker-agent's page expects it. What it never sent passes as it is.
 * @param {Event} event
 */
export function theirEvent(event) {
  switch (event.type) {
    case "finish":
      return { ...event, reason: "stop", finish_reason: event.reason };
    case "usage": {
      const { input_tokens, output_tokens, context_length, context_limit, cost } = event;
      return { ...event, ...zeroed({ input_tokens, output_tokens, context_length, context_limit, cost }) };
    }
    case "elicitation":
      return { server_elicitation_id: "", url: "", meta: null, ...event };
    default:
      return event;
  }
}

/** @param {import("../sparewheel.js").Result} result */
export function theirResult({ message: { role, content }, usage }) {
  const message = { role, content };
  const { input_tokens, output_tokens } = usage ?? {};
  if (!input_tokens && !output_tokens) return { message };
  return { message, usage: zeroed({ input_tokens, output_tokens }) };
}

/**
 * @template {string} K
 * @param {Record<K, number | null | undefined>} numbers
 */
function zeroed(numbers) {
  const known = Object.entries(numbers).map(([name, value]) => [name, value ?? 0]);
  return /** @type {Record<K, number>} */ (Object.fromEntries(known));
}

/**
 * A handler for chat(): asked one question at a time, and told nothing once the call has been aborted.
 * @param {unknown} handler
 * @param {AbortSignal} signal
 * @returns {((event: Event) => unknown) | undefined}
 */
export function oneByOne(handler, signal) {
  if (typeof handler !== "function") return undefined;
  let before = Promise.resolve();
  return (event) => {
    if (signal.aborted) return undefined;
    if (event.type !== "tool_confirmation" && event.type !== "elicitation") return handler(theirEvent(event));
    const answer = before.then(() => (signal.aborted ? undefined : handler(theirEvent(event))));
    before = answer.catch(() => {});
    return answer;
  };
}
