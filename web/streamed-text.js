/** Longer pieces are closed: what comes after them is read without copying them. */
const PIECE_CHARS = 4096;

/** A text that grows at its end, a few characters at a time. */
export class StreamedText {
  /** @type {string[]} */
  #pieces = [];
  /** The pieces, joined. Engines join two strings in constant time; it is reading the result that copies them. */
  #closed = "";
  #open = "";

  /** @param {string} text */
  append(text) {
    this.#open += text;
    if (this.#open.length < PIECE_CHARS) return;
    this.#pieces.push(this.#open);
    this.#closed += this.#open;
    this.#open = "";
  }

  get length() {
    return this.#closed.length + this.#open.length;
  }

  toString() {
    return this.#closed + this.#open;
  }

  /**
   * The text from this index on. Takes time for the characters that it returns, not for those before.
   * @param {number} start
   */
  from(start) {
    let missing = this.#closed.length - start; // characters of the pieces
    if (missing <= 0) return this.#open.slice(-missing);
    let text = this.#open;
    for (let index = this.#pieces.length - 1; missing > 0; index--) {
      const piece = this.#pieces[index] ?? "";
      text = piece.slice(Math.max(piece.length - missing, 0)) + text;
      missing -= piece.length;
    }
    return text;
  }
}
