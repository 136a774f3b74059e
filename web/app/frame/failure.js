// Why a turn or the page failed, for people: what happened, what to do now, and the rest for those who want it. No DOM here.

/**
 * @typedef {object} FailureText
 * @property {string} message
 * @property {string} advice "" if there is none.
 * @property {string} details Folded; "" if there are none.
 *
 * @typedef {{message: string, hint: string, kind?: string | null}} Failure
 */

/** What the runtime reports of a failed `fetch`; the host comes first. */
const NO_ANSWER = /^(\S+) gave no answer/;
const UNREACHED = ["network_or_cors", "network"];
const MISSING_FILE = /did not load|\b40[34]\b/;
const OLLAMA_PORT = "11434";
const LOCAL_NAME = /^(?:[^.:[\]]+|.*\.(?:localhost|local|lan|internal|home\.arpa))$/i;
const PRIVATE_IPV4 = /^(?:(?:127|10)(?:\.\d+){3}|(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d+){2})$/;
const PRIVATE_IPV6 = /^\[(?:::1|f[cd].*|fe[89ab].*)\]$/i;
/** Characters; longer hints are folded. */
const MAX_ADVICE = 160;

/**
 * @param {Failure} failure
 * @param {{isOnline: boolean, origin: string}} page
 * @returns {FailureText}
 */
export function failureText({ message, hint, kind }, { isOnline, origin }) {
  const details = `${message}\n${hint}`.trim();
  if (kind === "boot_failed") {
    if (!isOnline) return { message: "A part of this page did not load.", advice: "You are offline.", details };
    const told = MISSING_FILE.test(message) ? "A file of this page is missing on its server." : "This page could not start.";
    return { message: told, advice: "Try again; if it stays, tell the operator of this page.", details };
  }
  const host = kind && UNREACHED.includes(kind) ? NO_ANSWER.exec(message)?.[1] : undefined;
  if (!host) return folded(message, hint);
  const told = `Your browser could not reach ${host}.`;
  if (!isOnline) return { message: told, advice: "You are offline. Try again when the network is back.", details };
  return { message: told, advice: adviceFor(host, origin), details };
}

/**
 * @param {string} host Perhaps with a port.
 * @param {string} origin Of this page.
 */
function adviceFor(host, origin) {
  const [, name = "", port = ""] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  if (port === OLLAMA_PORT) return `If it is Ollama, start it with OLLAMA_ORIGINS=${origin}`;
  if ([LOCAL_NAME, PRIVATE_IPV4, PRIVATE_IPV6].some((local) => local.test(name)))
    return "A server in your own network must be running, and allow this page (CORS).";
  return "It may be down, blocked by an extension or a firewall, or not let web pages in.";
}

/**
 * @param {string} message
 * @param {string} hint
 * @returns {FailureText}
 */
function folded(message, hint) {
  if (hint.length <= MAX_ADVICE) return { message, advice: hint, details: "" };
  const end = hint.search(/[.!?](?=\s)/) + 1;
  const isShort = end > 0 && end <= MAX_ADVICE;
  return { message, advice: isShort ? hint.slice(0, end) : "", details: isShort ? hint.slice(end).trim() : hint };
}
