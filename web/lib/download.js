// Fetches our own files, and says why one can not be used.

import { AssetFault, faultIn, findFault } from "./assets.js";

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
 * @param {Response} response
 * @param {{url: string, size: number, sha256: string}} file
 * @param {(done: number, total: number) => void} onBytes
 * @returns {Promise<Uint8Array>} Rejects with `AssetFault` if it is not that file.
 */
export async function readVerified(response, { url, size, sha256 }, onBytes) {
  const bytes = new Uint8Array(size);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) throw damaged(url);
    bytes.set(value, at);
    at += value.length;
    onBytes(at, size);
  }
  if (at !== size) throw damaged(url);
  // Pages that are not served safely have no SubtleCrypto; length and gzip's own checksum must do there.
  if (globalThis.crypto?.subtle && hex(await crypto.subtle.digest("SHA-256", bytes)) !== sha256) throw damaged(url);
  return bytes;
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
