import { SparewheelError } from "./errors.js";

/**
 * The error for an argument or option that cannot be used.
 * @param {string} message
 * @param {string} [hint]
 */
export function refuse(message, hint = "") {
  return new SparewheelError({ kind: "config", message, hint });
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
