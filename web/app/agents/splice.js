// Changes of a text at places that are known by their offsets. No DOM here.

/** Collects replacements, which must not overlap. */
export class Splice {
  #text;
  /** @type {{start: number, end: number, by: string}[]} */
  #changes = [];

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {string} by
   */
  replace(start, end, by) {
    this.#changes.push({ start, end, by });
  }

  /**
   * Insert lines below a line.
   * @param {ReturnType<typeof lineAt>} line
   * @param {string} lines Without the last line break.
   * @param {string} eol
   */
  line({ end, next }, lines, eol) {
    if (next === end) this.replace(next, next, `${eol}${lines}`);
    else this.replace(next, next, `${lines}${eol}`);
  }

  result() {
    let text = this.#text;
    for (const { start, end, by } of this.#changes.toSorted((one, other) => other.start - one.start)) {
      text = text.slice(0, start) + by + text.slice(end);
    }
    return text;
  }
}

/**
 * The line with this character: where it starts, ends, and where the next one starts (the end of the text if none does).
 * @param {string} text
 * @param {number} at
 */
export function lineAt(text, at) {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const found = text.indexOf("\n", at);
  const end = found < 0 ? text.length : found;
  return { start, end, next: found < 0 ? end : end + 1 };
}

/** @param {string} text */
export function eolOf(text) {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/**
 * A value as YAML writes it, between brackets as well: as it is if it can be a number or a plain word, else in quotes.
 * @param {string} text
 */
export function written(text) {
  const isPlain = /^[\w./-][\w./@+-]*(?::[\w./@+-]+)*$/.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/**
 * A text that YAML must read as text.
 * @param {string} text
 */
export function writtenText(text) {
  const isOther = /^(?:[-+.\d].*|true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isOther ? JSON.stringify(text) : written(text);
}
