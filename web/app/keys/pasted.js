// What was typed or pasted where a name or a key belongs. No DOM here.

import { providerNamed, providerOf, PROVIDERS } from "./providers.js";

/** @typedef {{name: string, value: string}} Entry A key; `name` is empty if it is not known. */

/** The runtime takes no longer values, and no key of a provider has so many characters. */
export const MAX_KEY_CHARS = 4096;
const MIN_OPAQUE = 20;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const ENV_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const SECRET = /key|token|secret/i;
const GENERIC = /^(?:(?:proxy-)?authorization|(?:x-)?(?:goog-)?api[-_]?key|key|token|secret)$/i; // a header's or a field's
const ASSIGNMENT =
  /^(?:export\s+|set\s+|setx\s+|\$env:|-e\s+|--env\s+)?["']?([A-Za-z_][A-Za-z0-9_.-]*)["']?\s*[=:]\s*(.+?)[,;]?$/i;

/**
 * The keys in a text: a bare key, `NAME=value` as in a shell or an .env file, or `"name": "value"`; one a line.
 * @param {string} text
 * @returns {Entry[]} Empty if the text has no key.
 */
export function keysIn(text) {
  return text
    .slice(0, 64 * MAX_KEY_CHARS)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"))
    .flatMap((line) => keyIn(line) ?? []);
}

/**
 * @param {string} line
 * @returns {Entry | null}
 */
function keyIn(line) {
  const [, name = "", assigned = ""] = ASSIGNMENT.exec(line) ?? [];
  const value = cleaned(assigned);
  if (value && ENV_NAME.test(name)) {
    if (providerNamed(name) || SECRET.test(name) || isKey(value)) return { name, value };
  } else if (isKey(value) && !isKey(name)) {
    return { name: providerOf(value)?.name ?? (GENERIC.test(name) ? "" : name), value };
  }
  const bare = cleaned(line);
  return isKey(bare) ? { name: providerOf(bare)?.name ?? "", value: bare } : null;
}

/**
 * A key without what comes along when it is copied: quotes, blanks, `Bearer`, characters that cannot be seen.
 * @param {string} text
 */
export function cleaned(text) {
  const value = text.replace(/[\p{Cc}\p{Cf}]/gu, "").trim();
  return value
    .replace(/^(?:authorization:\s*)?bearer\s+/i, "")
    .replace(/^(["'`])(.*)\1$/, "$2")
    .trim();
}

/**
 * Whether a text is a key and not the name of one: it has a provider's shape, or is a long word with letters and digits.
 * @param {string} text
 */
export function isKey(text) {
  const value = cleaned(text);
  if (providerOf(value)) return true;
  if (/^(?:sk|pk|rk)-/i.test(value)) return true;
  if (value.length < MIN_OPAQUE || /\s/.test(value) || (value.includes("_") && ENV_NAME.test(value))) return false;
  return /\d/.test(value) && /[A-Za-z]/.test(value);
}

/**
 * The name of a key for what a person wrote: `OpenAI` and `openai api key` are OPENAI_API_KEY.
 * @param {string} text
 */
export function nameFor(text) {
  const name = text.trim();
  const plain = (/** @type {string} */ each) => each.toLowerCase().replace(/[^a-z0-9]/g, "");
  const wanted = plain(name).replace(/(?:api)?(?:key|token)$/, "");
  const known = PROVIDERS.find(({ id, title }) => wanted !== "" && [plain(id), plain(title)].includes(wanted));
  if (known && !NAME.test(name)) return known.name;
  return known && !name.includes("_") ? known.name : name;
}

/**
 * What is wrong with a name; "" if nothing.
 * @param {string} name
 */
export function problemOfName(name) {
  if (name === "") return "Name it: a provider, or the name that the agent file has for it.";
  return NAME.test(name) ? "" : "A name has letters, digits, _, - and dots only.";
}

/**
 * What is wrong with a key; "" if nothing.
 * @param {string} value
 */
export function problemOfKey(value) {
  if (value.length > MAX_KEY_CHARS) return `This is too long to be a key (${value.length} characters).`;
  return /^[\x20-\x7E]+$/.test(value) ? "" : "A key has only plain letters, digits and signs.";
}
