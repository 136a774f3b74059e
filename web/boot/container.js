// The file format of a memory snapshot: the head as JSON, then only those pages of memory that a fresh process lacks.
//
//   0   8 bytes    "SPARESN1"
//   8   uint32 LE  length of the head in bytes
//   12  the head   JSON (`Head`), padded with spaces to a multiple of 16 from the start
//   ..  the runs   one after the other, as `head.runs` lists them

export const MAGIC = "SPARESN1";
export const HEAD_AT = 12;

/**
 * @typedef {object} Place Where a side module was loaded; addresses are bytes, table slots are indices.
 * @property {string} path
 * @property {number} tableBase
 * @property {number} tableEnd
 * @property {number} heapBase
 * @property {number} heapEnd
 *
 * @typedef {object} Head
 * @property {string} buildId Of the Pyodide that it was made with.
 * @property {number} heap Size of the memory in bytes.
 * @property {number} tableLength Of the table of functions.
 * @property {number} trampoline Address of the one pointer that belongs to the engine, not to the snapshot.
 * @property {number} zeroFrom From this address on, a page that is not stored is all zeros.
 * @property {(Place & {handles: number[]})[]} sideModules With what `dlopen` returned for each.
 * @property {object} objects Which JavaScript objects Python holds: what Pyodide's own restore takes.
 * @property {[address: number, length: number][]} runs
 */

/** A snapshot that can not be used, for whatever reason. */
export class SnapshotFault extends Error {}

/**
 * @param {Uint8Array} bytes
 * @returns {{head: Head, data: Uint8Array}} Throws `SnapshotFault`.
 */
export function unpack(bytes) {
  if (bytes.length < HEAD_AT || text(bytes.subarray(0, 8)) !== MAGIC) throw new SnapshotFault("it is not a snapshot");
  const start = HEAD_AT + new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (start > bytes.length) throw new SnapshotFault("it is cut off in its head");
  /** @type {Head} */
  let head;
  try {
    head = JSON.parse(text(bytes.subarray(HEAD_AT, start)));
  } catch {
    throw new SnapshotFault("its head is damaged");
  }
  const data = bytes.subarray(start);
  const length = head.runs.reduce((sum, [, size]) => sum + size, 0);
  if (length !== data.length) throw new SnapshotFault(`it holds ${data.length} bytes of memory and should hold ${length}`);
  return { head, data };
}

/** @param {Uint8Array} bytes */
const text = (bytes) => new TextDecoder().decode(bytes);
