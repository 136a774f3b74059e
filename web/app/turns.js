// Runs the turns of conversations, on the page or not, and shows those that other tabs run.

import { isTerminal, SparewheelError } from "../sparewheel.js";
import { statusOf } from "./frame/status-view.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("./room-events.js").Turn} Turn
 * @typedef {import("./sessions.js").Chat} Chat
 *
 * @typedef {object} Parts
 * @property {(chat: Chat) => boolean} isShown Whether the conversation is on the page.
 * @property {(chat: Chat) => Promise<import("../sparewheel.js").Session>} open Its session.
 * @property {(phase: import("./room-events.js").Phase, text: string) => void} setPhase
 * @property {(chat: Chat) => void} onEnd
 */

export class Turns {
  /** @type {Set<Chat>} Those whose turns run here. */
  busy = new Set();
  #events;
  #isShown;
  #open;
  #setPhase;
  #onEnd;

  /**
   * @param {import("./room-events.js").RoomEvents} events
   * @param {Parts} parts
   */
  constructor(events, { isShown, open, setPhase, onEnd }) {
    this.#events = events;
    this.#isShown = isShown;
    this.#open = open;
    this.#setPhase = setPhase;
    this.#onEnd = onEnd;
  }

  /**
   * Run a turn. Does nothing if one is running. Its failure is shown, and is not thrown.
   * @param {Chat} chat
   * @param {import("../sparewheel.js").Prompt} prompt
   * @param {import("../sparewheel.js").TurnOptions} options
   * @param {string | null} [resumes] The id of the interrupted turn that goes on.
   */
  async run(chat, prompt, options, resumes = null) {
    if (chat.turn || chat.session?.readOnly) return;
    const turn = newTurn({ prompt, options, resumes });
    const { signal } = turn.control;
    Object.assign(chat, { turn, restored: null, isEmpty: false });
    this.busy.add(chat);
    this.#events.emit("turn", turn);
    try {
      const session = await Promise.race([this.#open(chat), stopped(signal)]);
      turn.session = session;
      if (this.#isShown(chat)) this.#setPhase("running", "Asking…");
      await (resumes === null ? session.send(prompt, { ...options, signal }) : session.resume({ ...options, signal }));
    } catch (thrown) {
      if (!turn.isOver) turn.error = known(thrown);
      const isAborted = turn.error?.kind === "aborted";
      if (turn.error && this.#isShown(chat)) this.#setPhase(isAborted ? "stopped" : "error", isAborted ? "Stopped" : "Failed");
    } finally {
      this.busy.delete(chat);
      this.#end(chat, turn);
    }
  }

  /**
   * @param {Chat} chat
   * @param {Turn} turn
   */
  #end(chat, turn) {
    chat.turn = null;
    if (this.#isShown(chat)) {
      this.#events.emit("end", turn);
    } else {
      this.#events.emit("background", null, turn);
    }
    this.#onEnd(chat);
  }

  /**
   * Takes every event of a conversation.
   * @param {Chat} chat
   * @param {import("./sessions.js").AnyEvent} event
   */
  hear(chat, event) {
    if (event.type === "restored") chat.restored = event;
    if (event.type === "restored" || event.type === "driver") {
      if (this.#isShown(chat)) this.#events.emit(event.type, chat);
    } else if (event.type === "title") {
      this.#events.emit("title", event.title);
    } else if (event.type !== "runtime_restarted") {
      this.#take(chat, event);
    }
  }

  /**
   * @param {Chat} chat
   * @param {Event} event
   */
  #take(chat, event) {
    if (!chat.turn) {
      if (event.type !== "start" || !chat.session?.readOnly) return;
      chat.turn = newTurn({ prompt: event.prompt ?? "", resumes: event.turn, isFollowed: true });
      this.#events.emit("turn", chat.turn);
    }
    const { turn } = chat;
    turn.isOver ||= isTerminal(event);
    this.#events.emit(this.#isShown(chat) ? "event" : "background", event, turn);
    if (this.#isShown(chat)) this.#tell(event);
    if (turn.isOver && event.type === "error" && event.kind === "in_doubt") {
      chat.restored = { type: "restored", turn: null, seq: null, interrupted: event.turn, partial: "", state: "in_doubt" };
    }
    if (turn.isOver && turn.isFollowed) this.#end(chat, turn);
  }

  /** @param {Event} event */
  #tell(event) {
    const text = statusOf(event);
    if (event.type === "error") this.#setPhase("error", "Failed");
    else if (event.type === "aborted") this.#setPhase("stopped", "Stopped");
    else if (text !== null) this.#setPhase(event.type === "finish" ? "done" : "running", text);
  }
}

/**
 * @param {Partial<Turn>} facts
 * @returns {Turn}
 */
function newTurn(facts) {
  const control = new AbortController();
  const rest = { session: null, transcript: null, error: null, isFollowed: false, isOver: false, resumes: null };
  return { prompt: "", options: {}, control, ...rest, ...facts };
}

/** @param {unknown} thrown */
export function known(thrown) {
  if (thrown instanceof SparewheelError) return thrown;
  return new SparewheelError({ message: thrown instanceof Error ? thrown.message : String(thrown) });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function stopped(signal) {
  const error = new SparewheelError({ kind: "aborted", message: "aborted" });
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(error)));
}
