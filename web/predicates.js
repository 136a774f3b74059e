// Predicates on events, as type guards. Precise meanings: sparewheel.d.ts.

/** @typedef {typeof import("./sparewheel.d.ts")} Api */

/** @type {Api["isTerminal"]} */
export const isTerminal = (event) => event.type === "finish" || event.type === "error" || event.type === "aborted";

/** @type {Api["isError"]} */
export const isError = (event) => event.type === "error";

/** @type {Api["isFallback"]} */
export const isFallback = (event) => event.type === "fallback";

/** @type {Api["isExhausted"]} */
export const isExhausted = (event) => event.type === "exhausted";
