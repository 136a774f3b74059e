import type {
  Confirmation,
  ElicitationAnswer,
  Event,
  FinishReason,
  Kind,
  Listener,
  Runtime,
  Session,
  SessionOptions,
  UsageTotals,
} from "../sparewheel.js";

/** A chunk of AI SDK's UI message stream. See its documentation: the types of its versions differ. */
export type UIMessageChunk = { type: string; [key: string]: any };

/** What is read of a UI message. */
export interface Message {
  id: string;
  role: "system" | "user" | "assistant";
  parts: readonly any[];
  metadata?: any;
}

/** The metadata of an answer, below `metadata.sparewheel`. All but `turn`, `agent` and `model` come with the first discard, and at the end. */
export interface SparewheelMetadata {
  /** Also the id of the message. */
  turn: string;
  agent?: string;
  /** The model that answers, or answered. */
  model?: string;
  attempts?: { attempt: number; model: string; state: string; reason: string; kind: Kind | null; discarded: boolean }[];
  /** The attempts whose parts are void: see `visible`. */
  discarded?: number[];
  usage?: UsageTotals | null;
  /** US dollars; null: not known. */
  cost?: number | null;
  finish_reason?: FinishReason;
  error?: { kind: Kind; hint: string; retryable: boolean };
}

export interface MapperOptions {
  /**
   * The major version of `ai`. Default: 7. Version 5 has no approvals and cannot take text back: questions come as parts
   * `data-sparewheel-question`, to be answered with `confirm` of the transport, and `visible` leaves out what was discarded.
   */
  version?: 5 | 7;
  /** The URL of a file of the answer. Default: its own one, or a `blob:` or `data:` URL. */
  fileUrl?: (event: Extract<Event, { type: "media" }>) => string;
}

/** Maps the events of one turn, one by one. */
export interface UIMessageMapper {
  /** Events after the terminal one, and those outside of turns, give no chunks. */
  push(event: Event): UIMessageChunk[];
  /** Ends a stream whose log has no terminal event, with `abort`. */
  end(): UIMessageChunk[];
  /** A question was answered: what tells so. */
  answered(id: string, answer?: { approved?: boolean; reason?: string }): UIMessageChunk[];
  /** Whether the turn goes on only after an approval: a stream has to end there. Never with version 5. */
  readonly waiting: boolean;
  readonly ended: boolean;
}

export function createUIMessageMapper(options?: MapperOptions): UIMessageMapper;

/** The chunks of a turn's events. The last one is the only `finish`, `error` or `abort`. */
export function toUIMessageChunks(events: Iterable<Event>, options?: MapperOptions): UIMessageChunk[];

export interface TransportOptions extends MapperOptions {
  runtime: Runtime | Promise<Runtime>;
  /** The options of the session of each chat. Its id is that of the chat. */
  session: Omit<SessionOptions, "id">;
  /** Every event of the chats' sessions, titles for example. */
  onEvent?: Listener;
  /**
   * The ids of sessions by those of chats, where they differ: a chat goes on with another session when a prompt was edited
   * or an answer made anew. Keep it where the messages are kept.
   */
  ids?: { get(chatId: string): string | null | undefined; set(chatId: string, sessionId: string): unknown };
}

export interface SendOptions {
  trigger: "submit-message" | "regenerate-message";
  chatId: string;
  messageId: string | undefined;
  messages: readonly Message[];
  abortSignal: AbortSignal | undefined;
}

/**
 * A `ChatTransport` for `useChat`. The message of an answer has the id of its turn. With `store: "indexeddb"` of the
 * runtime, `reconnectToStream` (`resume: true`) goes on with a turn that a reload has interrupted.
 *
 * The stream ends where the turn waits for an approval, and goes on with the answer: use
 * `sendAutomaticallyWhen: approvalsAnswered`. What retries and falls back comes as `data-sparewheel` to `onData`.
 */
export class SparewheelTransport {
  constructor(options: TransportOptions);
  readonly resumeStreamIsReplay: boolean;
  sendMessages(options: SendOptions): Promise<ReadableStream<any>>;
  /** Null if no turn of this chat goes on. A turn in doubt does: answer its questions `in_doubt` by `resolve` of the session first. */
  reconnectToStream(options: { chatId: string; abortSignal?: AbortSignal | undefined }): Promise<ReadableStream<any> | null>;
  /** The session of a chat, made or opened if need be. */
  session(chatId: string): Promise<Session>;
  /** Answers a question `tool_confirmation` of the turn that runs. */
  confirm(chatId: string, decision: Confirmation & { id: string }): Promise<void>;
  /** Answers a question `elicitation` of the turn that runs. */
  respondToElicitation(chatId: string, answer: ElicitationAnswer): Promise<void>;
  /** Closes the sessions of all transports of the runtime; turns that run are aborted. A chat that goes on opens its own again. */
  close(): void;
}

/** The parts of a message without those of discarded attempts. */
export function visible<M extends { parts: readonly any[]; metadata?: any }>(message: M): M["parts"][number][];

/** For `sendAutomaticallyWhen`: whether every call of the last message that waited for the user has been answered. */
export function approvalsAnswered(chat: { messages: readonly Message[] }): boolean;
