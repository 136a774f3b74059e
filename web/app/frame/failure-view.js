import { make } from "../dom.js";
import { visible } from "../visible.js";
import { failureText } from "./failure.js";

/** @typedef {import("./failure.js").Failure} Failure */

/**
 * A box that tells why something failed, and what to do now.
 * @param {Failure} failure
 * @param {...Node} more Below the advice.
 */
export function failureBox(failure, ...more) {
  const { message, advice, details } = textOf(failure);
  const box = make(
    "div",
    { class: "failure" },
    make("p", { class: "message", text: message }),
    ...rest(advice, details),
    ...more,
  );
  box.setAttribute("role", "alert");
  return box;
}

/**
 * The same within a line.
 * @param {Failure} failure
 * @returns {(Node | string)[]}
 */
export function failureParts(failure) {
  const { message, advice, details } = textOf(failure);
  return [message, ...rest(advice, details)];
}

/** @param {Failure} failure */
function textOf(failure) {
  const { message, advice, details } = failureText(failure, { isOnline: navigator.onLine, origin: location.origin });
  return { message: visible(message), advice: visible(advice), details: visible(details) };
}

/**
 * @param {string} advice
 * @param {string} details
 */
function rest(advice, details) {
  const parts = [];
  if (advice) parts.push(make("p", { text: advice }));
  if (details)
    parts.push(make("details", {}, make("summary", { text: "Details" }), make("p", { class: "details", text: details })));
  return parts;
}
