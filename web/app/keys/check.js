// Whether a provider takes a key: one small request that costs nothing, to that provider's host only. No DOM here.

import { providerOf } from "./providers.js";

/**
 * @typedef {import("./providers.js").Provider} Provider
 * @typedef {import("./providers.js").Check} Check
 * @typedef {"works" | "refused" | "blocked" | "unreachable" | "unclear"} State
 * @typedef {{state: State, text: string}} Verdict
 */

const LIMIT_MS = 10_000;

/**
 * Rejects with an AbortError if `signal` aborts, and never otherwise.
 * @param {Provider} provider
 * @param {string} key
 * @param {AbortSignal} signal
 * @returns {Promise<Verdict>}
 */
export async function checkKey(provider, key, signal) {
  const { title, check } = provider;
  const other = providerOf(key);
  if (other && other !== provider) {
    return { state: "refused", text: `This is a key of ${other.title}, not of ${title}. It was not sent.` };
  }
  if (!check) return { state: "unclear", text: `${title} has no request that costs nothing. The first answer will tell.` };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    const verdict = verdictOn(provider, await status(check, key, limited));
    if (verdict.state !== "works" || !check.open) return verdict;
    if (await answersAnyone(check, limited)) {
      return { state: "unclear", text: `${title} answers this request without a key as well. The first answer will tell.` };
    }
    return verdict;
  } catch {
    signal.throwIfAborted();
    if (limited.aborted) return { state: "unreachable", text: `${title} did not answer within ${LIMIT_MS / 1000} seconds.` };
    return noAnswer(title, check, signal);
  }
}

/**
 * @param {Provider} provider
 * @param {number} status
 * @returns {Verdict}
 */
function verdictOn({ id, title }, status) {
  if (status >= 200 && status < 300) return { state: "works", text: `Works: ${title} takes this key.` };
  const refusals = id === "google" ? [400, 401, 403] : [401, 403]; // Google answers 400 to a key that is none
  if (refusals.includes(status)) return { state: "refused", text: `Refused: ${title} does not take this key (${status}).` };
  if (status === 402) return { state: "refused", text: `Refused: ${title} knows this key, but its account has no credit (402).` };
  if (status === 429) return { state: "works", text: `Works: ${title} knows this key; it has too many requests just now (429).` };
  return { state: "unclear", text: `${title} answered ${status}: try again later.` };
}

/**
 * The status of the answer. Its body is not read, and a redirect is a failure: the key goes to this host and no other.
 * @param {Check} check
 * @param {string | null} key
 * @param {AbortSignal} signal
 */
async function status({ url, header = "bearer", more = {} }, key, signal) {
  const headers = new Headers(more);
  if (key !== null) headers.set(header === "bearer" ? "authorization" : header, header === "bearer" ? `Bearer ${key}` : key);
  const response = await fetch(url, { ...PLAIN, headers, redirect: "error", signal });
  void response.body?.cancel().catch(() => {}); // it may be endless
  return response.status;
}

/** @type {RequestInit} */
const PLAIN = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };

/**
 * @param {Check} check
 * @param {AbortSignal} signal
 */
async function answersAnyone(check, signal) {
  try {
    return (await status(check, null, signal)) < 300;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return false; // many providers let web pages read only answers to a key they know
  }
}

/**
 * Why no answer can be read. Browsers do not tell a page whether the host was silent or has refused web pages, so the host
 * is asked again in a way that every host allows: without a key, and without reading the answer.
 * @param {string} title
 * @param {Check} check
 * @param {AbortSignal} signal
 * @returns {Promise<Verdict>}
 */
async function noAnswer(title, { url }, signal) {
  if (globalThis.navigator?.onLine === false) return { state: "unreachable", text: "You are offline." };
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const response = await fetch(url, { ...PLAIN, mode: "no-cors", signal: limited });
    void response.body?.cancel().catch(() => {});
  } catch {
    signal.throwIfAborted();
    return { state: "unreachable", text: `Your browser could not reach ${new URL(url).host}.` };
  }
  return { state: "blocked", text: `${title} does not let web pages in, so its keys cannot be used here.` };
}
