// Fetches our own files, and says why one can not be used.

import { AssetFault, faultIn, findFault } from "./faults.js";

/**
 * @param {typeof fetch} fetchFile
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} Rejects with `AssetFault`.
 */
export async function fetchOrExplain(fetchFile, input, init) {
  const url = input instanceof Request ? input.url : String(input);
  let response;
  try {
    response = await fetchFile(input, init);
  } catch (thrown) {
    const fault = await findFault(url, fetchFile);
    throw fault ?? (init?.integrity ? damaged(url) : thrown);
  }
  const fault = faultIn(response, url);
  if (fault) throw fault;
  return response;
}

/**
 * Fetch a large file that has a compressed one beside it. Hosts that compress send the file itself, compressed better
 * than gzip can; of those that do not, the compressed one is asked for.
 * @param {typeof fetch} fetchFile
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} Rejects with `AssetFault`.
 */
export async function fetchPacked(fetchFile, url, init) {
  const response = await fetchOrExplain(fetchFile, url, init);
  const { body, headers } = response;
  if (!body || headers.has("content-encoding")) return response;
  await body.cancel();
  const packed = await fetchOrExplain(fetchFile, `${url}.gz`, init);
  if (!packed.body) throw new AssetFault(`${url}.gz is empty`, "Deploy the whole of dist/ at once.");
  const unpacked = { "content-type": headers.get("content-type") ?? "", "content-encoding": "identity" };
  return new Response(packed.body.pipeThrough(new DecompressionStream("gzip")), { headers: unpacked });
}

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 *
 * @typedef {object} Download
 * @property {Bytes} bytes As many as there should be.
 * @property {Promise<void>} verified Rejects with `AssetFault` if they are not that file's. It takes a while, in which
 *   one can begin with what can be given up again.
 */

/**
 * @param {Response} response
 * @param {{url: string, size: number, sha256: string}} file
 * @param {(done: number, total: number) => void} onBytes
 * @returns {Promise<Download>} Rejects with `AssetFault` if the file is of another size.
 */
export async function download({ body }, { url, size, sha256 }, onBytes) {
  const bytes = await read(/** @type {ReadableStream<Bytes>} */ (body), size, (done) => onBytes(done, size));
  if (bytes.length !== size) throw damaged(url);
  const verified = verify(bytes, { url, sha256 });
  verified.catch(() => {}); // the caller that awaits it gets the error
  return { bytes, verified };
}

/**
 * Read a file, straight into its place where the stream can do that: it takes half as long.
 * @param {ReadableStream<Bytes>} body
 * @param {number} size What is expected; no more than one byte above it is kept.
 * @param {(done: number) => void} onBytes
 * @returns {Promise<Bytes>}
 */
async function read(body, size, onBytes) {
  const direct = directReader(body);
  const reader = direct ?? /** @type {NonNullable<typeof direct>} */ (/** @type {unknown} */ (body.getReader()));
  let bytes = new Uint8Array(size + 1);
  let at = 0;
  while (at <= size) {
    const { done, value } = await reader.read(bytes.subarray(at)); // lent, to a direct one; the other takes no notice
    if (direct && value) bytes = new Uint8Array(value.buffer);
    if (done) return bytes.subarray(0, at);
    const part = value.subarray(0, bytes.length - at);
    if (!direct) bytes.set(part, at);
    at += part.length;
    onBytes(at);
  }
  await reader.cancel();
  return bytes;
}

/** @param {ReadableStream<Bytes>} body */
function directReader(body) {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null; // what unpacks does not have it, nor have all browsers
  }
}

/**
 * @param {Bytes} bytes
 * @param {{url: string, sha256: string}} file
 */
async function verify(bytes, { url, sha256 }) {
  // Pages that are not served safely have no SubtleCrypto; length and gzip's own checksum must do there.
  if (globalThis.crypto?.subtle && hex(await crypto.subtle.digest("SHA-256", bytes)) !== sha256) throw damaged(url);
}

/** @param {ArrayBuffer} digest */
function hex(digest) {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} sha256 In hex. */
export function integrity(sha256) {
  const bytes = sha256.match(/../g) ?? [];
  return `sha256-${btoa(bytes.map((byte) => String.fromCharCode(parseInt(byte, 16))).join(""))}`;
}

/** @param {string} url */
function damaged(url) {
  return new AssetFault(
    `${url} is not the file that pyodide-lock.json names: its sha256 is another`,
    "Deploy the whole of dist/ at once, and let no cache or proxy change its files.",
  );
}
