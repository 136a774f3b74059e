// Media of an answer: base64 in the texts of the worker, a Blob for listeners and in results.

import { base64Of, bytesOf } from "./base64.js";
import { withFiles } from "./prompt.js";

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
      const { media, content } = message ?? {};
      const changed = Array.isArray(content) ? { ...message, content: await withFiles(content) } : message;
      return Array.isArray(media) ? { ...changed, media: await Promise.all(media.map(asData)) } : changed;
    }),
  );
}

/** @param {MediaShape} media */
async function asData(media) {
  if (!(media?.blob instanceof Blob)) return media;
  const { blob, ...rest } = media;
  return { ...rest, data: base64Of(new Uint8Array(await blob.arrayBuffer())) };
}
