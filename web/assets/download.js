// Fetches our own files, compares their bytes with the lock file, and says why one can not be used.

import { AssetFault, DamagedFile, faultIn, findFault, missing, statusFault } from "./faults.js";
import { integrity, sha256 } from "./sha256.js";

/**
 * @typedef {import("./sha256.js").Bytes} Bytes
 * @typedef {{url: string, sha256: string}} File `sha256`: of its bytes, unpacked, in hex.
 * @typedef {(url: string, init?: RequestInit) => Promise<Response>} Fetch
 */

const GZIP = [0x1f, 0x8b];

/**
 * @param {Fetch} fetchFile
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} Rejects with `AssetFault`.
 */
export async function fetchOrExplain(fetchFile, url, init) {
  let response;
  try {
    response = await fetchFile(url, init);
  } catch (thrown) {
    const fault = await findFault(url, fetchFile);
    throw fault ?? (init?.integrity ? new DamagedFile(url) : thrown);
  }
  const fault = faultIn(response, url);
  if (fault) throw fault;
  return response;
}

/**
 * Whether the host compresses better than gzip does what it sends.
 * @param {Response} response Any answer of the host. Across origins its encoding may be unreadable.
 */
export function encodes(response) {
  return ["br", "zstd"].includes(response.headers.get("content-encoding") ?? "");
}

/**
 * Fetch a large file, which `dist/` stores compressed, as `url` + ".gz". A host that `encodes` is asked for the file
 * itself, which it may have in a better compressed form. If one of the two is missing, the other one is taken. MIME types
 * do not matter.
 * @param {Fetch} fetchFile
 * @param {string} url
 * @param {RequestInit} [init]
 * @param {boolean} [encoding] Whether the host encodes.
 * @returns {Promise<Response>} The bytes of the file itself. Rejects with `AssetFault`.
 */
export async function fetchPacked(fetchFile, url, init, encoding = false) {
  const itself = encoding ? await fetchUntyped(fetchFile, url, init).catch(() => null) : null;
  if (itself && encodes(itself)) return itself;
  let fault;
  try {
    const packed = await unpacked(await fetchUntyped(fetchFile, `${url}.gz`, init), url);
    await itself?.body?.cancel();
    return packed;
  } catch (thrown) {
    fault = thrown;
  }
  try {
    return itself ?? (await fetchUntyped(fetchFile, url, init));
  } catch {
    throw fault;
  }
}

/** @type {typeof fetchOrExplain} For files whose MIME type does not matter. */
async function fetchUntyped(fetchFile, url, init) {
  let response;
  try {
    response = await fetchFile(url, init);
  } catch {
    throw (await findFault(url, fetchFile)) ?? new AssetFault(`${url} could not be fetched`, "Check the network.");
  }
  if (!response.ok) throw statusFault(response, url);
  if (response.headers.get("content-type")?.startsWith("text/html")) throw missing(url);
  return response;
}

/**
 * Unpack a compressed file, unless the browser has done it: some hosts label it as an encoding.
 * @param {Response} response
 * @param {string} url Of the file itself.
 */
async function unpacked({ body }, url) {
  const reader = /** @type {ReadableStream<Bytes>} */ (body ?? new Response("").body).getReader();
  let start = new Uint8Array();
  while (start.length < 2) {
    const { done, value } = await reader.read();
    if (done) break;
    start = new Uint8Array([...start, ...value]);
  }
  if (start.length === 0) throw missing(`${url}.gz`);
  const isPacked = start[0] === GZIP[0] && start[1] === GZIP[1];
  /** @type {ReadableStream<Bytes>} */
  const rest = new ReadableStream({
    start: (controller) => controller.enqueue(start),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const type = url.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(isPacked ? rest.pipeThrough(new DecompressionStream("gzip")) : rest, { headers: { "content-type": type } });
}

/**
 * Get a file. If other bytes come than should, what caches have of it is dropped, and the network is asked once more.
 * @template T
 * @param {string} url
 * @param {(init: RequestInit) => Promise<T>} get Rejects with `DamagedFile` for other bytes.
 * @returns {Promise<T>}
 */
export async function getIntact(url, get) {
  try {
    return await get({});
  } catch (thrown) {
    if (!(thrown instanceof DamagedFile)) throw thrown;
    await forget(url);
    return get({ cache: "reload" });
  }
}

/**
 * A file that the browser itself compares with its hash, before it gives out any of it.
 * @param {Fetch} fetchFile
 * @param {File} file
 * @returns {Promise<Response>} Rejects with `AssetFault`.
 */
export function fetchIntact(fetchFile, { url, sha256 }) {
  return getIntact(url, (init) => fetchOrExplain(fetchFile, url, { ...init, integrity: integrity(sha256) }));
}

/**
 * Compile a module while its bytes are hashed.
 * @param {File} file
 * @param {(init: RequestInit) => Promise<Response>} open
 * @returns {Promise<WebAssembly.Module>} Rejects with `AssetFault`, also if it is not the file and can be compiled.
 */
export function compileIntact(file, open) {
  return getIntact(file.url, async (init) => {
    const response = await open(init);
    const bytes = new Uint8Array(await whole(response.arrayBuffer(), file.url));
    const compiling = WebAssembly.compile(bytes);
    compiling.catch(() => {}); // that it is another file explains why it can not be compiled
    await verify(bytes, file);
    return compiling;
  });
}

/**
 * @param {File} file
 * @param {(init: RequestInit) => Promise<Response>} open
 * @returns {Promise<Bytes>} Rejects with `AssetFault`.
 */
export function bytesIntact(file, open) {
  return getIntact(file.url, async (init) => {
    const response = await open(init);
    const bytes = new Uint8Array(await whole(response.arrayBuffer(), file.url));
    await verify(bytes, file);
    return bytes;
  });
}

/**
 * @param {File & {size: number}} file
 * @param {(init: RequestInit) => Promise<Response>} open
 * @param {(done: number, total: number) => void} onBytes
 * @returns {Promise<Bytes>} Rejects with `AssetFault`.
 */
export function downloadIntact(file, open, onBytes) {
  const { url, size } = file;
  return getIntact(url, async (init) => {
    const { body } = await open(init);
    const reading = read(/** @type {ReadableStream<Bytes>} */ (body), size, (done) => onBytes(done, size));
    const bytes = await whole(reading, url);
    if (bytes.length !== size) throw new DamagedFile(url);
    await verify(bytes, file);
    return bytes;
  });
}

/**
 * @param {Bytes} bytes
 * @param {File} file
 */
async function verify(bytes, file) {
  if ((await sha256(bytes)) !== file.sha256) throw new DamagedFile(file.url);
}

/**
 * @template T
 * @param {Promise<T>} reading
 * @param {string} url
 * @returns {Promise<T>}
 */
async function whole(reading, url) {
  try {
    return await reading;
  } catch (thrown) {
    throw new DamagedFile(url, `it could not be read to its end: ${thrown}`); // or what came can not be unpacked
  }
}

/**
 * Drop a file from the service worker's caches.
 * @param {string} url
 */
async function forget(url) {
  try {
    const names = await caches.keys();
    await Promise.all(names.map(async (name) => (await caches.open(name)).delete(url)));
  } catch {
    // there are none where a page is not served safely, or the user does not want them
  }
}

/** Readers that nothing else refers to: Chromium 156 may collect one, and then its last promise never settles. */
const inUse = new Set();

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
  inUse.add(reader);
  try {
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
  } finally {
    inUse.delete(reader);
  }
}

/** @param {ReadableStream<Bytes>} body */
function directReader(body) {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null; // what unpacks does not have it, nor have all browsers
  }
}
