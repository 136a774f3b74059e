// `sparewheel/ag-ui`: a session as an agent of AG-UI 1.0.

import { createAGUIMapper } from "./ag-ui-events.js";

export { createAGUIMapper, toAGUIEvents } from "./ag-ui-events.js";

/**
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {import("./ag-ui.js").AGUIEvent} AGUIEvent
 * @typedef {import("./ag-ui.js").RunInput} RunInput
 *
 * @typedef {object} Turn One that was interrupted, and goes on with the next run.
 * @property {AsyncIterator<import("../events.js").Event>} events
 * @property {import("./ag-ui.js").AGUIMapper} mapper
 */

export class SparewheelAgent {
  #session;
  /** @type {Turn | null} */
  #waiting = null;

  /** @param {{session: Session}} options */
  constructor({ session }) {
    this.#session = session;
  }

  /**
   * @param {RunInput} input
   * @param {{signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<AGUIEvent, void, undefined>}
   */
  async *run(input, { signal } = {}) {
    const { threadId, runId, messages } = input;
    const former = this.#waiting;
    this.#waiting = null;
    const goesOn = former && input.resume?.length;
    if (former && !goesOn) await former.events.return?.(); // a new prompt ends the turn
    const stop = () => this.#session.abort();
    /** @type {Turn | null} */
    let turn = null;
    try {
      if (goesOn) {
        turn = former;
        yield* turn.mapper.next({ runId, messages });
        await this.#answer(input.resume ?? []);
      } else {
        const events = this.#session.stream(textOf(messages))[Symbol.asyncIterator]();
        turn = { events, mapper: createAGUIMapper({ threadId, runId, messages }) };
      }
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop, { once: true });
      for (let step = await turn.events.next(); !step.done; step = await turn.events.next()) {
        yield* turn.mapper.push(step.value);
        if (!turn.mapper.interrupted) continue;
        this.#waiting = turn;
        return;
      }
      yield* turn.mapper.end();
    } finally {
      signal?.removeEventListener("abort", stop);
      if (turn && this.#waiting !== turn) await turn.events.return?.();
    }
  }

  /** @param {readonly import("./ag-ui.js").ResumeEntry[]} entries */
  async #answer(entries) {
    for (const { interruptId, status, payload } of entries) {
      const approved = status === "resolved" && payload?.approved === true;
      const reason = typeof payload?.reason === "string" ? { reason: payload.reason } : {};
      // It rejects if nothing waits for it any more: the events tell what has become of the call.
      await this.#session.confirm({ id: interruptId, decision: approved ? "approve" : "reject", ...reason }).catch(() => {});
    }
  }
}

/**
 * The prompt: the text of the last message, which is the user's.
 * @param {readonly any[]} messages
 */
function textOf(messages) {
  const last = messages.at(-1);
  if (last?.role !== "user") throw new Error("The last message has to be the user's.");
  if (typeof last.content === "string") return last.content;
  const parts = last.content.filter((/** @type {any} */ { type }) => type === "text");
  return parts.map((/** @type {any} */ { text }) => text).join("\n\n");
}
