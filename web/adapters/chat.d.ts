import type { Event, Result, Runtime, Session, SessionOptions, SparewheelError } from "../sparewheel.js";

/**
 * `<sparewheel-chat agent="agent.yaml" asset-base="/sparewheel/">`: a chat with an agent. Attributes: `agent` (the address of
 * an agent file), `agent-name`, `asset-base`, `store` ("indexeddb", or the name of a database), `session-id` (of a stored
 * session, which is opened again), `label`, `theme` ("light", "dark", "auto"; default: as the page). Elements with the
 * same files and store share a runtime. One that is removed and put elsewhere keeps its session. Answers are plain text.
 */
export class SparewheelChat extends HTMLElement {
  /** Keys by name. There is no attribute for them. Setting it later goes on with the new ones. */
  env: Record<string, string> | undefined;
  /** The text of the agent file, in place of the attribute `agent`. */
  yaml: string | undefined;
  /** More options of the session: tools and hooks for example. Set them before the element is connected. */
  options: Partial<SessionOptions>;
  /** A runtime of the page's, in place of the shared one. */
  runtime: Runtime | undefined;
  readonly session: Session | null;
  /** Resolves when the first prompt can be sent; rejects if the agent cannot run. */
  readonly ready: Promise<void>;
  send(prompt: string): Promise<Result>;
  /** Aborts the turn that runs. */
  stop(): void;
  /** Ends the session, and the runtime if no other element uses it. */
  close(): Promise<void>;
}

declare global {
  interface HTMLElementTagNameMap {
    "sparewheel-chat": SparewheelChat;
  }
  interface HTMLElementEventMap {
    "sparewheel-ready": CustomEvent<{ session: Session }>;
    /** Each event of the session. */
    "sparewheel-event": CustomEvent<Event>;
    "sparewheel-finish": CustomEvent<Result>;
    "sparewheel-error": CustomEvent<SparewheelError>;
  }
}
