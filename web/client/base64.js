// Bytes as base64, and back.

/** @param {string} base64 */
export function bytesOf(base64) {
  const { fromBase64 } = /** @type {any} */ (Uint8Array); // in newer browsers
  if (fromBase64) return /** @type {Uint8Array<ArrayBuffer>} */ (fromBase64.call(Uint8Array, base64));
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function base64Of(bytes) {
  if ("toBase64" in bytes) return /** @type {any} */ (bytes).toBase64(); // in newer browsers
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}
