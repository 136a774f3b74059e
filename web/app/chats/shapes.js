// Reads values of any shape: they were stored, or imported. No DOM here.

/** @typedef {Record<string, any>} Shape */

/**
 * @param {unknown} value
 * @returns {Shape} Empty if it is no object.
 */
export function shapeOf(value) {
  return value instanceof Object && !Array.isArray(value) ? value : {};
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
export function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
export function textOf(value) {
  return typeof value === "string" ? value : "";
}

/**
 * The fields of a shape that has them all: one of another type has its standard value. A number may stand for null.
 * @template {Shape} T
 * @param {Shape} given
 * @param {T} standard
 * @returns {T}
 */
export function shaped(given, standard) {
  const pick = (/** @type {string} */ name) => {
    const type = standard[name] === null ? "number" : typeof standard[name];
    return [name, typeof given[name] === type ? given[name] : standard[name]];
  };
  return /** @type {T} */ (Object.fromEntries(Object.keys(standard).map(pick)));
}
