// Writes the file format of web/boot/container.js.

import { HEAD_AT, MAGIC } from "../../../web/boot/container.js";

const PAGE = 4096;

/**
 * @param {Omit<import("../../../web/boot/container.js").Head, "runs">} head
 * @param {Uint8Array} memory All of the memory that is to be restored.
 * @param {Uint8Array} fresh The memory of a process just before restoring.
 * @returns {Uint8Array}
 */
export function pack(head, memory, fresh) {
  const runs = changedRuns(memory, fresh, head.zeroFrom);
  let text = JSON.stringify({ ...head, runs });
  text += " ".repeat((16 - ((HEAD_AT + text.length) % 16)) % 16);
  const start = HEAD_AT + text.length;
  const bytes = new Uint8Array(start + runs.reduce((sum, [, length]) => sum + length, 0));
  const put = (/** @type {string} */ ascii, /** @type {number} */ at) => bytes.set(new TextEncoder().encode(ascii), at);
  put(MAGIC, 0);
  put(text, HEAD_AT);
  new DataView(bytes.buffer).setUint32(8, text.length, true);
  let at = start;
  for (const [address, length] of runs) {
    bytes.set(memory.subarray(address, address + length), at);
    at += length;
  }
  return bytes;
}

/**
 * The pages to store: below `zeroFrom` those that a fresh process has not, from there on those that are not zero.
 * @param {Uint8Array} memory
 * @param {Uint8Array} fresh
 * @param {number} zeroFrom
 */
function changedRuns(memory, fresh, zeroFrom) {
  /** @type {[number, number][]} */
  const runs = [];
  const zeros = new Uint8Array(PAGE);
  for (let at = 0; at < memory.length; at += PAGE) {
    const page = memory.subarray(at, at + PAGE);
    const known = at < zeroFrom ? fresh.subarray(at, at + PAGE) : zeros.subarray(0, page.length);
    if (Buffer.compare(page, known) === 0) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === at) last[1] += page.length;
    else runs.push([at, page.length]);
  }
  return runs;
}
