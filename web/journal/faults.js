/** @typedef {"quota" | "blocked" | "corrupted" | "future" | "unavailable"} Cause Those of `StoreFailed` in Python. */

/** Why the database cannot be read or written. Its `name` is the cause: Python reads `name` and `message`. */
export class StorageFault extends Error {
  /**
   * @param {Cause} cause
   * @param {string} message
   */
  constructor(cause, message) {
    super(message);
    this.name = cause;
  }
}

/** @type {Record<string, [Cause, string]>} By the name of what IndexedDB throws. */
const KNOWN = {
  QuotaExceededError: ["quota", "The browser's storage for this site is full."],
  VersionError: ["future", "A newer version of this page has written the stored sessions."],
  ConstraintError: ["corrupted", "A record with this number is stored already: another tab may write the same session."],
  DataError: ["corrupted", "The browser refuses the record: it may be too large."],
  UnknownError: ["corrupted", "The browser cannot read or write its storage."],
  ReferenceError: ["unavailable", "This browser has no IndexedDB."],
  SecurityError: ["unavailable", "The browser does not allow this site to store data."],
};

/**
 * @param {unknown} thrown By IndexedDB.
 * @returns {StorageFault}
 */
export function faultOf(thrown) {
  if (thrown instanceof StorageFault) return thrown;
  const { name, message } = /** @type {Error} */ (thrown instanceof Object ? thrown : new Error(String(thrown)));
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  return known
    ? new StorageFault(...known)
    : new StorageFault("unavailable", `The browser's storage failed: ${name}: ${message}`);
}
