// Signing in to OpenRouter instead of pasting a key: OAuth with PKCE, S256. No DOM here.
// Source: https://openrouter.ai/docs/guides/overview/auth/oauth

import { problemOfKey } from "./pasted.js";
import { providerOf } from "./providers.js";

const AUTHORIZE = "https://openrouter.ai/auth";
const EXCHANGE = "https://openrouter.ai/api/v1/auth/keys";
/** Where the sign-in under way is in `sessionStorage`: what proves later that this tab has begun it. It is no key. */
const UNDER_WAY = "sparewheel.openrouter";
const STATE = "openrouter-";
const LIMIT_MS = 20_000;
const MAX_AGE_MS = 15 * 60_000;
const MAX_BYTES = 65_536;
export const KEY_NAME = "OPENROUTER_API_KEY";

/** @typedef {{code: string, verifier: string} | {problem: string}} Return What came back in the address of the page. */

/**
 * Begin to sign in. Returns the address to go to.
 * @param {string} page The address of this page, to which OpenRouter sends the user back.
 * @param {Storage} storage
 */
export async function beginSignIn(page, storage) {
  const verifier = random();
  const state = `${STATE}${random()}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  storage.setItem(UNDER_WAY, JSON.stringify({ verifier, state, at: Date.now() }));
  const back = new URL(page);
  back.search = back.hash = "";
  back.searchParams.set("state", state); // OpenRouter keeps what the address has, and adds `code`
  const address = new URL(AUTHORIZE);
  address.searchParams.set("callback_url", back.href);
  address.searchParams.set("code_challenge", base64url(new Uint8Array(digest)));
  address.searchParams.set("code_challenge_method", "S256");
  address.searchParams.set("state", state);
  return address.href;
}

/**
 * What a sign-in has brought back, and the address without it. Each sign-in comes back once.
 * @param {string} page The address of this page.
 * @param {Storage | null} storage
 * @returns {{back: Return, clean: string} | null} null if the page was opened in another way.
 */
export function takeReturn(page, storage) {
  const address = new URL(page);
  const { searchParams: found } = address;
  const states = found.getAll("state");
  const [code, error] = [found.get("code"), found.get("error_description") ?? found.get("error")];
  const begun = readBegun(storage);
  const isOurs = states.some((state) => state.startsWith(STATE)) || (begun !== null && states.length === 0);
  if (!isOurs || (code === null && error === null && states.length === 0)) return null;
  storage?.removeItem(UNDER_WAY);
  for (const name of ["code", "state", "error", "error_description"]) found.delete(name);
  return { back: returned(code, error, states, begun), clean: address.href };
}

/**
 * @param {string | null} code
 * @param {string | null} error
 * @param {string[]} states
 * @param {{verifier: string, state: string, at: number} | null} begun
 * @returns {Return}
 */
function returned(code, error, states, begun) {
  if (begun === null || !states.length || states.some((state) => state !== begun.state)) {
    return { problem: "This sign-in was not begun in this tab, so it was ignored. Sign in again." };
  }
  if (Date.now() - begun.at > MAX_AGE_MS) return { problem: "This sign-in took too long. Sign in again." };
  if (error !== null) return { problem: `OpenRouter did not sign you in: ${error.slice(0, 200)}.` };
  if (!code) return { problem: "OpenRouter sent you back without a code. Sign in again." };
  return { code, verifier: begun.verifier };
}

/**
 * The key for a code.
 * @param {{code: string, verifier: string}} back
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 * @throws {Error} With a sentence for the user.
 */
export async function exchange({ code, verifier }, signal) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const body = JSON.stringify({ code, code_verifier: verifier, code_challenge_method: "S256" });
  /** @type {RequestInit} */
  const plain = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", redirect: "error" };
  let response, text;
  try {
    response = await fetch(EXCHANGE, {
      ...plain,
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    text = await bounded(response);
  } catch (thrown) {
    signal?.throwIfAborted();
    const reason = limit.aborted ? `did not answer within ${LIMIT_MS / 1000} seconds` : "could not be reached";
    throw new Error(`OpenRouter ${reason}. Sign in again.`, { cause: thrown });
  }
  const key = keyOf(text);
  if (response.ok && key !== null) return key;
  const reason = response.ok ? "its answer has no key" : `it answered ${response.status}`;
  throw new Error(`OpenRouter gave no key: ${reason}. Sign in again.`);
}

/** @param {Response} response */
async function bounded(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return text;
    bytes += value?.length ?? 0;
    text += decoder.decode(value, { stream: true });
    if (bytes > MAX_BYTES) {
      void reader?.cancel().catch(() => {});
      return "";
    }
  }
}

/** @param {string} text */
function keyOf(text) {
  try {
    const { key } = Object(JSON.parse(text));
    if (typeof key !== "string" || key === "" || problemOfKey(key)) return null;
    return (providerOf(key)?.id ?? "openrouter") === "openrouter" ? key : null; // not a key of another provider
  } catch {
    return null;
  }
}

/** @param {Storage | null} storage */
function readBegun(storage) {
  try {
    const { verifier, state, at } = Object(JSON.parse(storage?.getItem(UNDER_WAY) ?? "null"));
    return typeof verifier === "string" && typeof state === "string" && typeof at === "number" ? { verifier, state, at } : null;
  } catch {
    return null;
  }
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  const text = [...bytes].map((byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
