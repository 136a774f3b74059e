import { isObject, refuse } from "./config-error.js";

// docker-agent's limits: all of it is kept in memory.
const MAX_DOCUMENTS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Check the documents of a session: path to text.
 * @param {unknown} documents
 * @returns {Record<string, string>}
 */
export function readDocuments(documents) {
  const fail = (/** @type {string} */ reason) => refuse(`options.documents: ${reason}`);
  if (!isObject(documents)) throw fail("must be an object of path to content");
  const entries = Object.entries(documents);
  if (entries.length > MAX_DOCUMENTS) throw fail(`${entries.length} documents exceed the limit of ${MAX_DOCUMENTS}`);
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const [path, text] of entries) {
    if (path.trim() === "") throw fail("document paths must not be empty");
    if (typeof text !== "string") throw fail(`document ${JSON.stringify(path)} must be a string`);
    bytes += encoder.encode(text).length;
    if (bytes > MAX_BYTES) throw fail(`documents exceed the limit of ${MAX_BYTES} bytes in total`);
  }
  return /** @type {Record<string, string>} */ (documents);
}
