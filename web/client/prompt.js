import { base64Of } from "./base64.js";
import { refuse } from "./config-error.js";

/**
 * @typedef {import("../sparewheel.js").Prompt} Prompt
 * @typedef {import("../protocol.js").Send["prompt"]} Sent
 * @typedef {import("../sparewheel.js").FileSource} FileSource
 */

/** What one prompt may have. The runtime checks it again, and the kinds of files. */
export const promptLimits = Object.freeze({ parts: 32, bytes: 8 * 1024 * 1024, text: 1024 * 1024 });

/**
 * A prompt as the worker takes it, with base64 for bytes. The limits are checked before a byte is read or copied.
 * @param {Prompt} prompt
 * @returns {Promise<Sent>}
 * @throws {SparewheelError} Kind "config": there are too many parts, or too many bytes.
 */
export async function readPrompt(prompt) {
  if (!Array.isArray(prompt)) return /** @type {any} */ (prompt); // the worker refuses what is no text
  if (prompt.length > promptLimits.parts) {
    throw refuse(`send: ${prompt.length} parts exceed the limit of ${promptLimits.parts}`, "Send fewer files at once.");
  }
  const size = prompt.reduce((sum, part) => sum + sizeOf(/** @type {any} */ (part)?.file), 0);
  if (size > promptLimits.bytes) {
    const limit = `the limit of ${promptLimits.bytes / (1 << 20)} MB`;
    throw refuse(`send: files of ${(size / (1 << 20)).toFixed(1)} MB exceed ${limit}`, "Send fewer or smaller ones.");
  }
  return withFiles(prompt);
}

/**
 * Parts of a message with base64 for the bytes of files. Everything else stays as it is, and is checked in the worker.
 * @param {unknown} content
 * @returns {Promise<any>}
 */
export async function withFiles(content) {
  if (!Array.isArray(content)) return content;
  return Promise.all(
    content.map(async (part) => (part?.type === "file" && part.file ? { ...part, file: await readFile(part.file) } : part)),
  );
}

/** @param {FileSource} file */
async function readFile(file) {
  if (file instanceof Blob) {
    const name = "name" in file && typeof file.name === "string" ? file.name : "";
    return { name, mime_type: file.type, data: await dataOf(file) };
  }
  if (isBytes(file)) return { data: await dataOf(file) };
  const { blob, data, ...rest } = file;
  const bytes = blob ?? data;
  return bytes === undefined ? rest : { ...rest, ...(blob?.type && { mime_type: blob.type }), data: await dataOf(bytes) };
}

/** @param {Blob | ArrayBuffer | ArrayBufferView | string} bytes */
async function dataOf(bytes) {
  if (bytes instanceof Blob) return base64Of(new Uint8Array(await bytes.arrayBuffer()));
  if (ArrayBuffer.isView(bytes)) return base64Of(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return bytes instanceof ArrayBuffer ? base64Of(new Uint8Array(bytes)) : bytes;
}

/**
 * In bytes, as far as it can be told without a copy.
 * @param {any} file
 * @returns {number}
 */
function sizeOf(file) {
  if (file instanceof Blob) return file.size;
  if (isBytes(file)) return file.byteLength;
  if (typeof file === "string") return (file.length * 3) / 4;
  return file?.blob || file?.data ? sizeOf(file.blob ?? file.data) : 0;
}

/**
 * @param {unknown} value
 * @returns {value is ArrayBuffer | ArrayBufferView}
 */
function isBytes(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}
