// How tool calls are written for people. No DOM here.

const LINE_CHARS = 120;
const SHOWN_CHARS = 20_000;

/**
 * JSON text, indented; text that is no JSON as it is.
 * @param {string} text
 */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * The beginning of a text that is too long to be shown.
 * @param {string} text
 */
export function shortened(text) {
  if (text.length <= SHOWN_CHARS) return text;
  return `${text.slice(0, SHOWN_CHARS)}\n… ${text.length - SHOWN_CHARS} more characters`;
}

/**
 * A call's arguments in one line: `city: "Ghent", days: 3`.
 * @param {string} args JSON text; it may be broken.
 */
export function inOneLine(args) {
  let line = args.slice(0, 4 * LINE_CHARS);
  try {
    const value = args.length > SHOWN_CHARS ? null : JSON.parse(args);
    if (value && typeof value === "object" && !Array.isArray(value)) {
      line = Object.entries(value)
        .map(([name, part]) => `${name}: ${JSON.stringify(part)}`)
        .join(", ");
    }
  } catch {
    // shown as it is
  }
  line = line.replace(/\s+/g, " ").trim();
  return line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line;
}
