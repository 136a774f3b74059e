// The shapes of what comes out of the sandbox. The code may have written anything: only what has its shape and its size is
// taken, as a copy that has nothing else.

/** @typedef {(value: unknown) => any} Shape Returns a copy; throws `Misshapen`. */

export class Misshapen extends Error {}

/** @param {number} max Characters. */
export const text = (max) => (/** @type {unknown} */ value) => {
  if (typeof value !== "string" || value.length > max) throw new Misshapen(`it is not a text of at most ${max} characters`);
  return value;
};

/** @param {string[]} words */
export const oneOf =
  (...words) =>
  (/** @type {unknown} */ value) => {
    if (typeof value !== "string" || !words.includes(value)) throw new Misshapen(`it is none of ${words.join(", ")}`);
    return value;
  };

/** @param {number} max */
export const integer = (max) => (/** @type {unknown} */ value) => {
  if (!Number.isInteger(value) || /** @type {number} */ (value) < 0 || /** @type {number} */ (value) > max)
    throw new Misshapen(`it is not a whole number up to ${max}`);
  return value;
};

/** @param {Shape} shape */
export const orNull = (shape) => (/** @type {unknown} */ value) => (value == null ? null : shape(value));

/**
 * @param {number} max
 * @param {Shape} shape
 */
export const list = (max, shape) => (/** @type {unknown} */ value) => {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > max) throw new Misshapen(`it is not a list of at most ${max}`);
  return value.map(shape);
};

/**
 * @param {Record<string, Shape>} fields
 * @returns {Shape}
 */
export const record = (fields) => (/** @type {unknown} */ value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misshapen("it is not an object");
  return Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, shape(own(value, name))]));
};

/**
 * @param {object} value
 * @param {string} name
 */
function own(value, name) {
  return Object.hasOwn(value, name) ? /** @type {any} */ (value)[name] : undefined;
}
