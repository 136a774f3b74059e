// Media of an answer: base64 in the texts of the worker, a Blob for listeners and in results.

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../events.js").MediaShape} MediaShape
 * @typedef {import("../protocol.js").ChatMessage} ChatMessage
 * @typedef {{media?: MediaShape[]}} Message
 */

/** Makes the blobs of one turn. The worker sends media again with the message; it then gets the same blob. */
export class Blobs {
  /** @type {Map<string, Blob>} By base64. */
  #made = new Map();

  /** @param {Event} event One from the worker; it is changed. */
  inEvent(event) {
    if (event.type === "media") this.#replace(event);
    else if (event.type === "finish" || event.type === "aborted") this.inMessage(event.message);
    else if (event.type === "error") this.inMessage(event.partial_message);
  }

  /** @param {Message | null | undefined} message One from the worker; it is changed. */
  inMessage(message) {
    for (const media of message?.media ?? []) this.#replace(media);
  }

  /** @param {MediaShape} media */
  #replace(media) {
    const { data } = media;
    if (data === undefined) return;
    let blob = this.#made.get(data);
    if (!blob) this.#made.set(data, (blob = new Blob([bytesOf(data)], { type: media.mime_type })));
    media.blob = blob;
    delete media.data;
  }
}

/**
 * Messages as the worker takes them: with base64 for blobs. Everything else stays as it is, and is checked there.
 * @param {unknown} messages
 * @returns {Promise<any>}
 */
export async function withData(messages) {
  if (!Array.isArray(messages)) return messages;
  return Promise.all(
    messages.map(async (message) => {
      const media = message?.media;
      return Array.isArray(media) ? { ...message, media: await Promise.all(media.map(asData)) } : message;
    }),
  );
}

/** @param {MediaShape} media */
async function asData(media) {
  if (!(media?.blob instanceof Blob)) return media;
  const { blob, ...rest } = media;
  return { ...rest, data: base64Of(new Uint8Array(await blob.arrayBuffer())) };
}

/** @param {string} base64 */
function bytesOf(base64) {
  const { fromBase64 } = /** @type {any} */ (Uint8Array); // in newer browsers
  if (fromBase64) return /** @type {Uint8Array<ArrayBuffer>} */ (fromBase64.call(Uint8Array, base64));
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** @param {Uint8Array} bytes */
function base64Of(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}
