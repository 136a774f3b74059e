// What the rooms of the page learn from the workbench.

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("../sparewheel.js").SparewheelError} SparewheelError
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {"booting" | "ready" | "running" | "done" | "error" | "stopped"} Phase
 *
 * @typedef {object} Turn
 * @property {import("../sparewheel.js").Prompt} prompt What was sent.
 * @property {object} options The options it was sent with.
 * @property {string | null} resumes The id of the interrupted turn that goes on.
 * @property {boolean} isFollowed Whether another tab runs it.
 * @property {boolean} isOver Whether its terminal event has come.
 * @property {AbortController} control
 * @property {Session | null} session null until there is one.
 * @property {import("../sparewheel.js").Transcript | null} transcript The fold of its events. The talk pushes them.
 * @property {SparewheelError | null} error Why it failed before or without an `error` event, or was stopped before it began.
 *
 * @typedef {object} Handlers
 * @property {(phase: Phase, text: string) => void} phase
 * @property {(progress: import("../sparewheel.js").Progress) => void} progress Of starting.
 * @property {(error: SparewheelError) => void} bootFailure
 * @property {(session: Session, reason: "first" | "changed" | "opened") => void} session Another session is used from here
 *   on: the first one, one for a changed agent file or other keys, or a stored one.
 * @property {(chat: import("./sessions.js").Chat) => void} chat Another conversation is on the page: a new one, or a stored one, which has no turns
 *   and no session yet.
 * @property {(stored: import("./chats/stored-turns.js").StoredChat) => void} stored The turns of the conversation on the page.
 * @property {(chat: import("./sessions.js").Chat) => void} restored Its last turn was interrupted, and may go on.
 * @property {(chat: import("./sessions.js").Chat) => void} driver Another tab drives it from now on, or this one.
 * @property {(title: string) => void} title
 * @property {(text: string) => void} draft What is in the box for the prompt.
 * @property {(turn: Turn) => void} turn One begins.
 * @property {(event: Event, turn: Turn) => void} event
 * @property {() => void} stop The turn that runs has been told to stop.
 * @property {(turn: Turn) => void} end After its terminal event, or after it failed without one (`turn.error`).
 * @property {(event: Event | null, turn: Turn) => void} background An event of a turn whose conversation is not on the page;
 *   null: it has ended.
 * @property {(yaml: string) => void} agent
 * @property {(env: Readonly<Record<string, string>>) => void} keys
 * @property {(missing: readonly import("../sparewheel.js").MissingKey[], runs: boolean) => void} missingKeys The keys that the
 *   agent file asks for and `env` lacks; whether the agent runs without them.
 * @property {(problem: string) => void} problem Why the agent file cannot run; "" if it can.
 */

/** Calls the handlers of the rooms. */
export class RoomEvents {
  /** @type {{[K in keyof Handlers]?: Handlers[K][]}} */
  #handlers = {};

  /** @param {Partial<Handlers>} handlers Called in the order in which they were subscribed. */
  subscribe(handlers) {
    for (const [name, handler] of Object.entries(handlers)) {
      const list = /** @type {Record<string, unknown[]>} */ (this.#handlers);
      (list[name] ??= []).push(handler);
    }
  }

  /**
   * @template {keyof Handlers} K
   * @param {K} name
   * @param {Parameters<Handlers[K]>} args
   */
  emit(name, ...args) {
    for (const handler of this.#handlers[name] ?? []) /** @type {(...args: unknown[]) => void} */ (handler)(...args);
  }
}
