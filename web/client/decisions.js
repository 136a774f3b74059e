import { isObject, refuse } from "./config-error.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").ChatListener} ChatListener
 * @typedef {import("./client.js").Client} Client
 *
 * @typedef {{decision: string, id?: string, toolName?: string, reason?: string}} Confirmation
 * @typedef {{action: string, content?: unknown}} Response
 */

/**
 * A decision on a tool call: its name, a boolean, or an object with more to say. Anything else is a no.
 * @param {unknown} value
 * @returns {Confirmation}
 */
export function readDecision(value) {
  if (typeof value === "string") return { decision: value };
  if (!isObject(value)) return { decision: value === true ? "approve" : "reject" };
  const { decision, id, toolName, reason } = value;
  return { ...readDecision(isObject(decision) ? "" : decision), ...texts({ id, toolName, reason }) };
}

/**
 * An answer to an elicitation: the name of an action, a boolean, or an object. Anything else declines.
 * @param {unknown} value
 * @returns {Response}
 */
export function readResponse(value) {
  if (typeof value === "string") return { action: value };
  if (!isObject(value)) return { action: value === true ? "accept" : "decline" };
  const { action, content } = value;
  const named = readResponse(isObject(action) ? "" : action);
  return content === undefined ? named : { ...named, content };
}

/**
 * The arguments of `session.confirm`: what to do, and an optional reason.
 * @param {unknown[]} args
 */
export function confirmParams(args) {
  if (args.length === 0) throw refuse("confirm: expected a decision");
  return { ...readDecision(args[0]), ...texts({ reason: args[1] }) };
}

/**
 * The argument of `session.respondToElicitation`.
 * @param {unknown} answer
 */
export function respondParams(answer) {
  if (!isObject(answer)) throw refuse("respondToElicitation: expected {id, action, content?}");
  const { id } = answer;
  if (typeof id !== "string" || id === "") throw refuse("respondToElicitation: id is required");
  return { id, ...readResponse({ action: "", ...answer }) }; // without an action, the worker says which there are
}

/**
 * A listener whose return value answers what needs an answer. What it throws, or an answer that nobody understands, is
 * a no: a turn must not wait for an answer that will not come.
 * @param {Client} client
 * @param {string} session
 * @param {ChatListener} listener
 * @returns {(event: Event) => unknown}
 */
export function answering(client, session, listener) {
  return (event) => {
    if (event.type !== "tool_confirmation" && event.type !== "elicitation") return listener(event);
    const { type, id } = event;
    const reply = new Promise((resolve) => resolve(listener(event)));
    reply
      .catch(() => undefined) // whoever called reports it
      .then((value) =>
        type === "tool_confirmation"
          ? client.request("confirm", { ...readDecision(value), session, id })
          : client.request("respond", { ...readResponse(value), session, id }),
      )
      .catch((error) =>
        type === "tool_confirmation"
          ? client.tell("confirm", { session, id, decision: "reject", reason: error.message })
          : client.tell("respond", { session, id, action: "decline" }),
      );
    return reply;
  };
}

/**
 * Those that are texts.
 * @param {Record<string, unknown>} fields
 * @returns {Record<string, string>}
 */
function texts(fields) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") found[name] = value;
  }
  return found;
}
