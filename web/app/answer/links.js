import { make } from "../dom.js";
import { visible } from "../visible.js";

const HOST_LIKE = /[\p{L}\p{M}\p{N}_-]+(?:[.。．｡][\p{L}\p{M}\p{N}_-]+)+/gu;

/**
 * Links open beside the page, which they do not learn about. Where a link leads is seen: the host follows the text unless
 * the text names it, and no other.
 * @param {ParentNode} part
 */
export function markLinks(part) {
  for (const link of part.querySelectorAll("a")) {
    const target = link.getAttribute("href");
    if (!target) continue;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.referrerPolicy = "no-referrer";
    const where = placeOf(target);
    link.title = where;
    if (!names(link.textContent ?? "", where)) link.append(make("bdi", { class: "host", text: ` (${where})` }));
  }
}

/** @param {string} target */
function placeOf(target) {
  const url = new URL(target);
  return url.protocol === "mailto:" ? decoded(url.pathname).slice(0, 200) : url.host;
}

/** @param {string} text */
function decoded(text) {
  try {
    return visible(decodeURIComponent(text));
  } catch {
    return visible(text);
  }
}

/**
 * Whether a text names this host, or this address of mail, and nothing that looks like another one.
 * @param {string} text
 * @param {string} where
 */
export function names(text, where) {
  if (visible(text) !== text) return false;
  if (where.includes("@")) return text.trim().toLowerCase() === where.toLowerCase();
  const hosts = text.replace(/^\s*https?:\/\/([^/?#\s]*)[/?#]\S*\s*$/i, "$1").toLowerCase();
  const found = hosts.match(HOST_LIKE) ?? [];
  const [host = ""] = where.split(":");
  return found.length > 0 ? found.every((name) => name === host) : hosts.includes(where);
}
