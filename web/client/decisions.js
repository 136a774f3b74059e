import { isObject, refuse } from "./config-error.js";
import { messageOf } from "./errors.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").ChatListener} ChatListener
 * @typedef {import("./client.js").Client} Client
 *
 * @typedef {Omit<import("../protocol.js").Confirm, "session">} Confirmation
 * @typedef {Omit<import("../protocol.js").Respond, "session" | "id">} Response
 */

/** Of answers to confirmations and to elicitations: a listener may answer both with one object. */
const ANSWER_FIELDS = new Set(["id", "decision", "toolName", "reason", "action", "content", "arguments"]);

/**
 * A decision on a tool call: its name, a boolean, or an object with either. Any other value rejects.
 * @param {unknown} value
 * @returns {Confirmation}
 * @throws {SparewheelError} If the object has another field.
 */
export function readDecision(value) {
  if (isObject(value)) {
    const { decision, id, toolName, reason, arguments: changed } = value;
    const extra = Object.keys(value).find((name) => !ANSWER_FIELDS.has(name));
    // A misspelt `arguments`, for one: the call would run with the old ones.
    if (extra !== undefined) throw refuse(`confirm: there is no option ${JSON.stringify(extra)}`);
    // Else the decision would be about another call.
    if (id !== undefined && typeof id !== "string") throw refuse("confirm: id must be a string");
    if (changed !== undefined && typeof changed !== "string" && !isObject(changed)) {
      throw refuse("confirm: arguments must be an object or its JSON text");
    }
    const named = readDecision(isObject(decision) ? "" : decision);
    return { ...named, ...texts({ id, toolName, reason }), ...(changed !== undefined && { arguments: changed }) };
  }
  const name = typeof value === "string" ? value : value === true ? "approve" : "reject";
  return { decision: /** @type {Confirmation["decision"]} */ (name) }; // the worker refuses an unknown name
}

/**
 * An answer to an elicitation: the name of an action, a boolean, or an object with either. Any other value declines.
 * @param {unknown} value
 * @returns {Response}
 */
export function readResponse(value) {
  if (isObject(value)) {
    const { action, content } = value;
    const named = readResponse(isObject(action) ? "" : action);
    return content === undefined ? named : { ...named, content: /** @type {Response["content"]} */ (content) };
  }
  const name = typeof value === "string" ? value : value === true ? "accept" : "decline";
  return { action: /** @type {Response["action"]} */ (name) }; // the worker refuses an unknown name
}

/**
 * The arguments of `session.confirm`: the decision, and an optional reason.
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
  return { id, ...readResponse({ action: "", ...answer }) }; // without an action, the worker names the actions
}

/**
 * A listener whose return value answers the events that need an answer. If it throws, or the worker refuses its answer,
 * the call is rejected or the elicitation declined: otherwise the turn would wait for an answer that does not come.
 * @param {Client} client
 * @param {string} session
 * @param {ChatListener} listener
 * @returns {(event: Event) => unknown}
 */
export function answering(client, session, listener) {
  return (event) => {
    if (event.type !== "tool_confirmation" && event.type !== "elicitation") return listener(event);
    const { type, id } = event;
    const answer = new Promise((resolve) => resolve(listener(event)));
    answer
      .catch(() => undefined) // the caller reports it
      .then((value) =>
        type === "tool_confirmation"
          ? client.request("confirm", { ...readDecision(value), session, id })
          : client.request("respond", { ...readResponse(value), session, id }),
      )
      .catch((error) =>
        type === "tool_confirmation"
          ? client.tell("confirm", { session, id, decision: "reject", reason: messageOf(error) })
          : client.tell("respond", { session, id, action: "decline" }),
      );
    return answer;
  };
}

/**
 * The fields that are strings.
 * @template {string} K
 * @param {Record<K, unknown>} fields
 * @returns {Partial<Record<K, string>>}
 */
function texts(fields) {
  /** @type {Partial<Record<K, string>>} */
  const found = {};
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string") found[name] = value;
  }
  return found;
}
