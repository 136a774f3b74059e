// Whether the text of a link tells where it leads. No DOM here.

import { visible } from "./visible.js";

const DOTS = /[.。．｡]/u;
const RUNS = /[\p{L}\p{M}\p{N}_.。．｡-]+/gu;
/** A longer text names no host that a reader would find in it. */
const MAX_TEXT = 1000;

/**
 * Whether a text names this host, or this address of mail, and nothing that looks like another one.
 * @param {string} text
 * @param {string} where
 */
export function namesHost(text, where) {
  if (text.length > MAX_TEXT || visible(text) !== text) return false;
  if (where.includes("@")) return text.trim().toLowerCase() === where.toLowerCase();
  const hosts = text.replace(/^\s*https?:\/\/([^/?#\s]*)[/?#]\S*\s*$/i, "$1").toLowerCase();
  const found = hostsIn(hosts);
  const [host = ""] = where.split(":");
  return found.length > 0 ? found.every((name) => name === host) : hosts.includes(where);
}

/**
 * What looks like a host: words with dots between them.
 * @param {string} text
 */
function hostsIn(text) {
  const parts = [...text.matchAll(RUNS)].flatMap(([run]) => run.split(/[.。．｡]{2,}/u));
  return parts.map((part) => part.replace(/^[.。．｡]|[.。．｡]$/gu, "")).filter((part) => DOTS.test(part));
}
