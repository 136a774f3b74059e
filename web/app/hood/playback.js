// Plays a recorded turn: in a runtime of its own, which sends nothing, and learns nothing about models for other turns.

import { createRuntime, createTranscript, isTerminal } from "../../sparewheel.js";

/**
 * @typedef {import("../../sparewheel.js").Event} Event
 * @typedef {import("../../sparewheel.js").Runtime} Runtime
 */

export class Playback {
  #options;
  #control = new AbortController();
  #transcript = createTranscript();
  /** @type {Event[]} That have come and are not shown. */
  #waiting = [];
  /** Events that are to be shown as soon as they come. */
  #wanted = 0;
  /** @type {() => void} */
  #shown = () => {};
  isStepping;

  /**
   * @param {object} options
   * @param {boolean} options.isStepping Whether events wait for `next`.
   * @param {boolean} options.isTimed Whether the answers come at the times of the recording.
   * @param {(event: Event, text: string) => void} options.onEvent Shows an event, and the answer with it.
   * @param {(call: {name: string, args: string}, answer: (isAllowed: boolean) => void) => void} options.onAsk
   */
  constructor(options) {
    this.#options = options;
    this.isStepping = options.isStepping;
  }

  /**
   * @param {string} recording
   * @param {string} yaml The agent file: the recording has none.
   * @returns {Promise<string>} How it ended. Rejects if it cannot be played.
   */
  async run(recording, yaml) {
    const messages = firstTurn(recording);
    const history = messages.slice(0, -1);
    const prompt = /** @type {import("../../sparewheel.js").Prompt} */ (messages.at(-1)?.content);
    const { signal } = this.#control;
    const runtime = await createRuntime({ replay: { recording, timed: this.#options.isTimed }, restart: false, signal });
    try {
      const session = await runtime.createSession({ yaml, history, interactive: true });
      /** @type {Event | undefined} */
      let last;
      for await (const event of session.stream(prompt, { signal })) {
        last = event;
        if (event.type === "tool_confirmation") {
          this.#options.onAsk(event, (isAllowed) => void session.confirm({ id: event.id, decision: isAllowed }));
        } else if (event.type === "elicitation") {
          void session.respondToElicitation({ id: event.id, action: "decline" });
        }
        this.#waiting.push(event);
        if (!this.isStepping) this.finish();
        else if (this.#wanted > 0) {
          this.#wanted--;
          this.next();
        }
      }
      await this.#allShown();
      if (last?.type === "error") return `${last.message} ${last.hint}`.trim();
      return last?.type === "aborted" ? "Stopped" : "Played to its end";
    } finally {
      runtime.dispose();
    }
  }

  /** Show one more event, when it comes. */
  next() {
    const event = this.#waiting.shift();
    if (!event) {
      this.#wanted++;
      return;
    }
    this.#transcript.push(event);
    this.#options.onEvent(event, String(this.#transcript.message.content ?? ""));
    if (isTerminal(event)) this.#shown();
  }

  /** Show what has come, and what comes. */
  finish() {
    this.isStepping = false;
    while (this.#waiting.length > 0) this.next();
  }

  stop() {
    this.finish();
    this.#control.abort();
  }

  async #allShown() {
    if (this.#waiting.length === 0) return;
    await new Promise((resolve) => (this.#shown = () => resolve(undefined)));
  }
}

/**
 * The conversation at the beginning of the first turn of a recording; its last message is the prompt.
 * @param {string} recording
 * @returns {import("../../protocol.js").ChatMessage[]}
 */
function firstTurn(recording) {
  for (const line of recording.split("\n")) {
    if (!line.startsWith('{"type":"turn"')) continue;
    const { messages } = JSON.parse(line);
    if (Array.isArray(messages) && messages.length > 0) return messages;
  }
  throw new Error("This recording has no turn in it. Record one here, or with sparewheel run --record.");
}
