// The policy of sandbox.html, and whether a realm has it. With a weaker policy, no code is run.

/** @typedef {{addEventListener: Function, fetch: (url: string, init: RequestInit) => Promise<unknown>}} Realm */

/** What it has beside the hash of its one script. */
const DIRECTIVES = new Map([
  ["default-src", "'none'"],
  ["worker-src", "blob:"],
  ["connect-src", "'none'"],
  ["base-uri", "'none'"],
  ["form-action", "'none'"],
]);
const SCRIPTS = /^'sha256-[\w+/]{43}=' 'wasm-unsafe-eval'$/;
// Of no host, which a policy with any host allows.
const NOWHERE = "https://sandbox.invalid/";
const LIMIT_MS = 3000;

/** @param {string} text A policy, as an engine reports it. */
export function isWhole(text) {
  const parts = text
    .split(";")
    .map((part) => part.trim().split(/\s+/))
    .filter(([name]) => name);
  const found = new Map(parts.map(([name, ...values]) => [name, values.join(" ")]));
  const scripts = found.get("script-src") ?? "";
  found.delete("script-src");
  return (
    SCRIPTS.test(scripts) &&
    found.size === DIRECTIVES.size &&
    [...DIRECTIVES].every(([name, values]) => found.get(name) === values)
  );
}

/**
 * A policy cannot be read, but what it refuses is reported with it; in WebKit only to documents, not to workers. The
 * console shows the attempt.
 * @param {Realm} realm
 * @returns {Promise<boolean>} Whether the policy holds there.
 */
export function isConfined(realm) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LIMIT_MS);
    realm.addEventListener("securitypolicyviolation", (/** @type {SecurityPolicyViolationEvent} */ event) => {
      if (event.disposition !== "enforce" || !isWhole(event.originalPolicy)) return; // a host may add one of its own
      clearTimeout(timer);
      resolve(true);
    });
    realm.fetch(NOWHERE, { mode: "no-cors" }).catch(() => {}); // refused by the policy
  });
}
