// A turn as streams of UI message chunks: any number of readers, each from where it wants.

import { createUIMessageMapper } from "./ui-message.js";

/** @typedef {import("./ai-sdk.js").UIMessageChunk} Chunk */

/** Ends the stream of a turn that waits for the user. The turn itself goes on. */
const PAUSE = { type: "finish", finishReason: "tool-calls" };

export class UIMessageTurn {
  /** Until its end, or until it could not begin. */
  live = true;
  /** How many chunks had been read when it began to wait for the user. */
  paused = 0;
  /** @type {Promise<void>} Resolves when it has ended. */
  done = Promise.resolve();
  #mapper;
  #stop = new AbortController();
  /** @type {Chunk[]} */
  #chunks = [];
  /** @type {Set<ReadableStreamDefaultController<Chunk>>} */
  #readers = new Set();

  /** @param {import("./ai-sdk.js").MapperOptions} options */
  constructor(options) {
    this.#mapper = createUIMessageMapper(options);
  }

  /** @param {(signal: AbortSignal) => Promise<unknown>} begin Settles after the terminal event. */
  run(begin) {
    this.done = begin(this.#stop.signal).then(
      () => this.#end(),
      (error) => this.#end(error),
    );
  }

  abort() {
    this.#stop.abort();
  }

  /** @param {import("../events.js").Event} event */
  push(event) {
    this.#add(this.#mapper.push(event));
    if (this.#mapper.waiting) this.#pause();
  }

  /**
   * Returns whether it had waited for this answer.
   * @param {string} id
   * @param {{approved?: boolean, reason?: string}} [answer]
   */
  answered(id, answer) {
    const chunks = this.#mapper.answered(id, answer);
    this.#add(chunks);
    return chunks.length > 0;
  }

  /** @param {number} [from] The place of the first chunk. */
  stream(from = 0) {
    /** @type {ReadableStreamDefaultController<Chunk>} */
    let reader;
    return new ReadableStream({
      start: (controller) => {
        reader = controller;
        for (const chunk of this.#chunks.slice(from)) reader.enqueue(chunk);
        if (!this.live) reader.close();
        else this.#readers.add(reader);
        if (this.live && this.#mapper.waiting) this.#pause();
      },
      cancel: () => void this.#readers.delete(reader),
    });
  }

  /**
   * @param {Chunk[]} chunks
   * @param {boolean} [keep]
   */
  #add(chunks, keep = true) {
    if (keep) this.#chunks.push(...chunks);
    for (const reader of this.#readers) for (const chunk of chunks) reader.enqueue(chunk);
  }

  #pause() {
    if (this.#readers.size === 0) return;
    this.paused = this.#chunks.length;
    this.#add([PAUSE], false);
    this.#close();
  }

  /** @param {any} [error] Why the turn could not begin, or its own failure, which its events have told. */
  #end(error) {
    if (error && error.kind !== "aborted" && !this.#mapper.ended) {
      this.#add([{ type: "error", errorText: [error.message, error.hint].filter(Boolean).join(" ") }]);
    } else {
      this.#add(this.#mapper.end());
    }
    this.live = false;
    this.#close();
  }

  #close() {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }
}
