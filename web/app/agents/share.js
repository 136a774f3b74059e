// An agent file as a link: in the fragment, which browsers do not send to servers. Compressed, in the alphabet of URLs.

const NAME = "#agent=";
/** Characters of a file in a link: longer links are cut off by programs they are pasted into. */
export const MAX_CHARS = 64 * 1024;
const MAX_LINK = 32 * 1024; // characters of the fragment

const PIECE = 1024; // bytes

/** Why a link, or a file for a link, is refused: one sentence for people. */
export class NotShareable extends Error {}

/**
 * The link to a page that offers this file.
 * @param {string} yaml
 * @param {string} page The address of the page.
 * @throws {NotShareable}
 */
export async function linkTo(yaml, page) {
  if (yaml.trim() === "") throw new NotShareable("The file is empty.");
  const tooLong = new NotShareable("The file is too long for a link. Send the file itself.");
  if (yaml.length > MAX_CHARS) throw tooLong;
  const packed = await bytesOf(
    streamOf(new TextEncoder().encode(yaml)).pipeThrough(new CompressionStream("deflate-raw")),
    Infinity,
  );
  const url = new URL(page);
  url.hash = NAME + toBase64(packed);
  if (url.hash.length > MAX_LINK) throw tooLong;
  return url.href;
}

/**
 * Whether the fragment of an address offers a file.
 * @param {string} hash
 */
export function isOffer(hash) {
  return hash.startsWith(NAME);
}

/**
 * The file in a fragment. It comes from a stranger.
 * @param {string} hash
 * @throws {NotShareable}
 */
export async function readLink(hash) {
  const broken = new NotShareable("This link is damaged. Ask for it again, or for the file itself.");
  const text = hash.slice(NAME.length);
  if (text.length > MAX_LINK) throw new NotShareable("This link is too long to be one of an agent.");
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw broken;
  let bytes;
  try {
    bytes = await bytesOf(streamOf(fromBase64(text)).pipeThrough(new DecompressionStream("deflate-raw")), 4 * MAX_CHARS);
  } catch {
    throw broken;
  }
  if (bytes === null) throw new NotShareable("The file in this link is too large.");
  let yaml;
  try {
    yaml = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken;
  }
  if (yaml.length > MAX_CHARS) throw new NotShareable("The file in this link is too large.");
  if (yaml.trim() === "") throw broken;
  return yaml;
}

/**
 * In pieces, so that a reader that has enough stops before all of it is unpacked.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {ReadableStream<BufferSource>}
 */
function streamOf(bytes) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += PIECE)));
      else controller.close();
    },
  });
}

/**
 * All bytes of a stream; null if there are more than `most`: the rest is not read.
 * @template {number} M
 * @param {ReadableStream<Uint8Array>} stream
 * @param {M} most
 */
async function bytesOf(stream, most) {
  const reader = stream.getReader();
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      reader.cancel().catch(() => {}); // nothing reads it any more
      return null;
    }
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** @param {Uint8Array | null} bytes */
function toBase64(bytes) {
  let text = "";
  for (const byte of bytes ?? []) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text */
function fromBase64(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
