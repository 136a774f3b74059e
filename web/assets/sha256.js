// SHA-256, in hex.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * @param {Bytes} bytes
 * @returns {Promise<string>} Rejects where there is no SubtleCrypto: on pages that are not served safely.
 */
export async function digest(bytes) {
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * Works on insecure pages, too. Without SubtleCrypto it takes about five times as long, in this thread.
 * @param {Bytes} bytes
 * @returns {Promise<string>}
 */
export async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return digest(bytes);
  // Untyped, so that types can be checked without the package. The bundler puts it into the script that asks for it.
  const { default: library } = await import(/** @type {any} */ ("hash-wasm/dist/sha256.umd.min.js"));
  return library.sha256(bytes);
}

/** @param {ArrayBuffer} bytes */
function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} sha256 In hex. */
export function integrity(sha256) {
  const bytes = sha256.match(/../g) ?? [];
  return `sha256-${btoa(bytes.map((byte) => String.fromCharCode(parseInt(byte, 16))).join(""))}`;
}
