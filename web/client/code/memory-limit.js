// How much memory Python may take: the maximum that its WebAssembly module declares, rewritten before it is compiled
// (https://webassembly.github.io/spec/core/binary/modules.html#memory-section). It bounds Python's own memory, not that of
// JavaScript objects, which only the time limit bounds.

const PAGE = 65_536; // bytes
const MEMORIES = 5; // the section's id
const MAX_PAGES = 65_536;

/**
 * @param {Blob} program Pyodide's module, with one memory that it defines itself.
 * @param {number} limit Bytes.
 * @param {number} least Bytes that Python has after its start.
 * @returns {Promise<Blob>} The module with this maximum. What is not changed is shared with the other one.
 * @throws {Error} It is not such a module.
 */
export async function withMaximum(program, limit, least) {
  const { at, end, pages } = await maximumOf(program);
  const wanted = Math.min(Math.max(Math.floor(limit / PAGE), Math.ceil(least / PAGE)), pages);
  const number = leb128(wanted, end - at);
  return new Blob([program.slice(0, at), number, program.slice(end)], { type: "application/wasm" });
}

/**
 * Where the maximum is, and what it is, in pages.
 * @param {Blob} program
 */
async function maximumOf(program) {
  let at = 8; // after the magic number and the version
  while (at < program.size) {
    const reader = new Reader(await program.slice(at, at + 64).arrayBuffer());
    const section = reader.byte();
    const size = reader.number();
    const start = at + reader.at;
    if (section !== MEMORIES) {
      at = start + size;
      continue;
    }
    const memories = reader.number();
    const flags = reader.byte();
    reader.number(); // the minimum
    const from = at + reader.at;
    const pages = reader.number();
    if (memories === 1 && flags === 1 && pages <= MAX_PAGES) return { at: from, end: at + reader.at, pages };
    break;
  }
  throw new Error("Pyodide's WebAssembly module does not define one memory with a maximum");
}

class Reader {
  #bytes;
  at = 0;

  /** @param {ArrayBuffer} buffer */
  constructor(buffer) {
    this.#bytes = new Uint8Array(buffer);
  }

  byte() {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error("Pyodide's WebAssembly module is cut off");
    return byte;
  }

  /** An unsigned LEB128. */
  number() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}

/**
 * @param {number} value
 * @param {number} length Bytes, which leading zeros fill.
 */
function leb128(value, length) {
  return Uint8Array.from({ length }, (_, place) => (Math.floor(value / 128 ** place) & 127) | (place < length - 1 ? 128 : 0));
}
