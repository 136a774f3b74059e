import { make } from "../dom.js";
import { namesHost } from "../host-names.js";
import { visible } from "../visible.js";

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
    if (!namesHost(link.textContent ?? "", where)) link.append(make("bdi", { class: "host", text: ` (${where})` }));
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
