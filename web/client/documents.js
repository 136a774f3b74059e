import { base64Of } from "./base64.js";
import { isObject } from "./config-error.js";

/**
 * Documents for the worker: bytes, as those of a PDF, become a `data:` URL; anything else stays as it is.
 * @param {unknown} documents
 * @returns {any} The worker validates them.
 */
export function documentTexts(documents) {
  if (!isObject(documents)) return documents;
  return Object.fromEntries(Object.entries(documents).map(([name, content]) => [name, textOf(content)]));
}

/** @param {unknown} content */
function textOf(content) {
  const tag = Object.prototype.toString.call(content); // not the prototype: other realms have their own
  if (tag !== "[object Uint8Array]" && tag !== "[object ArrayBuffer]") return content;
  return `data:application/octet-stream;base64,${base64Of(new Uint8Array(/** @type {ArrayBuffer} */ (content)))}`;
}
