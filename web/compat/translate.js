// Translates between docker-agent's API and ours: options, decisions, events, results and errors.

import { messageOf, SparewheelError } from "../client/errors.js";
import { isObject } from "../client/config-error.js";
import { HeldCalls } from "./held-calls.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").SessionOptions} SessionOptions
 */

/** @type {Record<string, string>} Ours by docker-agent's name, where they differ. */
const OUR_DECISIONS = { approve_balanced: "approve_read_only", approve_autonomous: "approve_all" };

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
 * @param {string} prefix The text of every rejection begins with it.
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
  const { yaml, agentName, env, autoApprove, ...rest } = options;
  if (typeof yaml !== "string") throw new Error("options.yaml must be a string");
  const name = typeof agentName === "string" && agentName !== "" ? { agentName } : {};
  for (const field of ["toolProxy", "oauthRedirectURI"]) if (rest[field] === "") delete rest[field]; // unset, as there
  return {
    .../** @type {Partial<SessionOptions>} */ (rest),
    ...name,
    yaml,
    env: isObject(env) ? strings(env) : {},
    autoApprove: Boolean(autoApprove),
  };
}

/**
 * @param {unknown} options
 * @returns {SessionOptions & {messages: import("../sparewheel.js").Message[]}}
 */
export function checkedChat(options) {
  if (options === undefined) throw new Error("chat: expected at least one argument (options object)");
  try {
    const checked = checkedOptions(options);
    const { messages } = /** @type {{messages?: unknown}} */ (options);
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
 * A decision of docker-agent's API, with our names: alone or within an object.
 * @param {unknown} value
 */
export function ourDecision(value) {
  const name = isObject(value) ? value["decision"] : value;
  const ours = typeof name === "string" && Object.hasOwn(OUR_DECISIONS, name) ? OUR_DECISIONS[name] : name;
  return isObject(value) ? { ...value, decision: ours } : ours;
}

/** @param {unknown} decision Of a tool call, with our names. */
function approves(decision) {
  const name = isObject(decision) ? decision["decision"] : decision;
  return name === true || (typeof name === "string" && name.startsWith("approve"));
}

/**
 * An event as docker-agent's page expects it. Types that docker-agent does not send stay as they are.
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
      return { server_elicitation_id: "", url: "", meta: signInMeta(event), ...event };
    default:
      return event;
  }
}

/** @param {Extract<Event, {type: "elicitation"}>} event */
function signInMeta({ url, sign_in: signIn }) {
  if (!signIn) return null;
  const facts = { type: "oauth_flow", server_url: signIn.server, authorize_url: url, state: signIn.state };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`cagent/${name}`, value]));
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
 * A listener for chat() that calls docker-agent's handler: for one question at a time, and not after an abort.
 * @param {unknown} handler
 * @param {AbortSignal} signal
 * @returns {((event: Event) => unknown) | undefined}
 */
export function oneByOne(handler, signal) {
  if (typeof handler !== "function") return undefined;
  let before = Promise.resolve();
  const held = new HeldCalls((event) => handler(theirEvent(event)));
  signal.addEventListener("abort", () => held.clear());
  return (event) => {
    if (signal.aborted || held.holds(event)) return undefined;
    if (event.type !== "tool_confirmation" && event.type !== "elicitation") return handler(theirEvent(event));
    const answer = before.then(() => (signal.aborted ? undefined : handler(theirEvent(event))));
    before = answer.catch(() => {});
    if (event.type !== "tool_confirmation") return answer;
    return answer.then((value) => {
      const decision = ourDecision(value);
      if (approves(decision)) held.runs(event.id);
      return decision;
    });
  };
}
