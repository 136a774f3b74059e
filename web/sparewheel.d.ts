import type { AttemptRecord, Code, Event, FinishReason, Kind, UsageTotals } from "./events.js";

export * from "./events.js";

/** What a rejected promise tells, besides its message. */
export interface ErrorFacts {
  /** What went wrong, finely; `boot_failed` when the runtime could not start. */
  kind: Kind | "boot_failed";
  message: string;
  /** What the reader can do about it; may be empty. */
  hint: string;
  /** The coarse reason. */
  code: Code;
  /** The HTTP status, where there was one. */
  status?: number;
  provider?: string;
  model?: string;
  /** Whether the same call may succeed later. */
  retryable: boolean;
  /** Every request of the failed turn and what came of it. */
  attempts: AttemptRecord[];
  /** Where starting failed; only with `boot_failed`. */
  stage?: Stage;
}

/** Everything the embed API rejects with. An abort has the kind "aborted" and that word in its message. */
export class SparewheelError extends Error implements ErrorFacts {
  constructor(facts: Partial<ErrorFacts> & { message: string });
  readonly kind: ErrorFacts["kind"];
  readonly hint: string;
  readonly code: Code;
  readonly status?: number;
  readonly provider?: string;
  readonly model?: string;
  readonly retryable: boolean;
  readonly attempts: AttemptRecord[];
  readonly stage?: Stage;
}

/** The stages of starting, in order. "worker" is before the worker has said anything. */
export type Stage = "worker" | "check" | "pyodide" | "packages" | "runtime";

/** How far starting has come. */
export interface Progress {
  type: "progress";
  stage: Stage;
  message: string;
  /** Bytes received in this stage, and how many there will be, where that is known. */
  done?: number;
  total?: number;
  /** Milliseconds since the worker began to start. */
  ms: number;
}

export interface RuntimeOptions {
  /** The folder with worker.js and pyodide/. Default: the folder of sparewheel.js. */
  assetBase?: string | URL;
  /** The worker script, when it is not `worker.js` in `assetBase`. */
  workerUrl?: string | URL;
  /** Makes the worker, for hosts where `new Worker(url, {type: "module"})` is not enough. */
  createWorker?: (url: URL) => Worker | Promise<Worker>;
  /** Told how starting goes. */
  onProgress?: (progress: Progress) => unknown;
  /** Ends the runtime while it is still starting. */
  signal?: AbortSignal;
  /** Models that live in this page, by name: agent files call them `page/NAME`. */
  models?: Record<string, PageModel>;
}

/** A model of the embedder's. It gets no tools; what it throws makes the chain go on with the next model. */
export interface PageModel {
  /** The answer in pieces. `signal` aborts when nobody wants it any more. */
  stream(
    messages: { role: "system" | "user" | "assistant"; content: string }[],
    options: { signal: AbortSignal },
  ): AsyncIterable<string> | Promise<AsyncIterable<string>>;
}

/**
 * The browser's own language model, as a last resort that needs no network: `models: {own: browserModel()}` and
 * `page/own` in the agent file. It answers only where it is ready; it never starts a download.
 */
export function browserModel(): PageModel;

/** What a session is made from. Values must be plain JSON. */
export interface SessionOptions {
  /** The agent file. */
  yaml: string;
  /** Which agent of the file; default: the root agent. */
  agentName?: string;
  /** Keys and other variables that the agent file names. Kept in the worker, for this session only. */
  env?: Record<string, string>;
  /** Messages to begin with. */
  history?: Message[];
  [option: string]: unknown;
}

export interface ChatOptions extends Omit<SessionOptions, "history"> {
  /** The conversation so far; the last message is the user's. */
  messages: Message[];
  signal?: AbortSignal;
}

export interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content: string | ({ type: "text"; text: string } | { type: "image_url"; image_url: { url: string } })[];
  reasoning?: string;
  tool_calls?: ToolCall[];
  /** The call that a `tool` message answers. */
  tool_call_id?: string;
}

export interface ToolCall {
  id: string;
  type: "function";
  /** `arguments` is JSON text. */
  function: { name: string; arguments: string };
}

/** What a turn came to. */
export interface Result {
  message: { role: "assistant"; content: string; reasoning?: string; tool_calls?: ToolCall[] };
  usage?: UsageTotals;
  /** The model that answered, as `provider/model`. */
  model: string;
  finish_reason: FinishReason;
  attempts: AttemptRecord[];
}

export interface AgentSummary {
  name: string;
  description: string;
  model: string;
  instruction: string;
}

export interface ParsedConfig {
  version: string;
  agents: (AgentSummary & {
    sub_agents: string[];
    handoffs: string[];
    add_date: boolean;
    add_env_info: boolean;
    fallback?: { models: string[] };
  })[];
  models: Record<string, { provider: string; model: string; base_url: string }>;
}

/** Called with each event, in order. What it throws, or rejects with, is reported once and hurts nobody else. */
export type Listener = (event: Event) => unknown;

export interface TurnOptions {
  /** Aborts the turn. One that is aborted already starts none. */
  signal?: AbortSignal;
}

/** One conversation. Turns run one at a time; sessions run side by side. */
export interface Session {
  readonly id: string;
  /** The agent's name. */
  readonly agent: string;
  /** Its chain of models as `provider/model`, primary first. */
  readonly models: string[];
  /** Runs a turn. Settles after the turn's terminal event. */
  send(prompt: string, options?: TurnOptions): Promise<Result>;
  /**
   * Runs a turn and yields its events; the terminal one (`finish`, `error` or `aborted`) is the last. A turn that
   * fails therefore does not throw: its `error` event is the news. What goes wrong before the first event (the session
   * is busy or closed, the signal is aborted already, the prompt is no string) throws. The turn starts with the
   * iteration; leaving the loop early aborts it.
   */
  stream(prompt: string, options?: TurnOptions): AsyncIterableIterator<Event>;
  /** Forgets the conversation; a running turn is aborted first. */
  restart(): Promise<void>;
  /** Aborts the running turn, if there is one. Never fails. */
  abort(): void;
  /** Ends the session; a running turn is aborted first. Closing twice is fine. */
  close(): Promise<void>;
  /** The conversation as a JSON document, without keys. */
  export(): Promise<unknown>;
}

export interface Runtime {
  /** Resolves when the runtime has ended, with the reason: it was disposed of, or its worker died. */
  readonly closed: Promise<SparewheelError>;
  parseConfig(yaml: string): Promise<ParsedConfig>;
  listAgents(yaml: string): Promise<AgentSummary[]>;
  createSession(options: SessionOptions, onEvent?: Listener): Promise<Session>;
  /** One turn on messages of the caller's, without a session that stays. */
  chat(options: ChatOptions, onEvent?: Listener): Promise<Result>;
  /** Aborts every running turn. Never fails. */
  abort(): void;
  /** Ends the worker and settles everything that is open. Disposing twice is fine. */
  dispose(): void;
}

/** Starts a worker with Python in it; resolves when it is ready. */
export function createRuntime(options?: RuntimeOptions): Promise<Runtime>;

/** What one attempt has come to, as far as the events tell. */
export interface FoldedAttempt {
  attempt: number;
  model: string;
  state: "waiting" | "streaming" | "failed" | "answered" | "aborted";
  /** Why it failed; empty if it did not. */
  reason: string;
  /** Whether its text is void. */
  discarded: boolean;
}

/** A turn, folded from its events. */
export interface Folded {
  turn: string | null;
  agent: string | null;
  /** The model that answers, or answered. */
  model: string | null;
  status: "idle" | "running" | "finished" | "error" | "aborted";
  /** Equal to the final message's content once the turn has finished. */
  text: string;
  reasoning: string;
  /** `arguments` is JSON text: complete once the turn has finished, before that only to be shown. */
  toolCalls: { id: string; name: string; arguments: string }[];
  attempts: FoldedAttempt[];
  usage: UsageTotals | null;
  finish_reason: FinishReason | null;
  error: Extract<Event, { type: "error" }> | null;
}

export interface Transcript {
  /** Takes the next event. Constant time, whatever came before. An event of another turn starts afresh. */
  push(event: Event): void;
  /** The state now; a copy that later events do not touch. */
  snapshot(): Folded;
}

/** Folds the events of a turn one by one. */
export function createTranscript(): Transcript;

/** Folds the events of a turn; of several turns, the last. */
export function fold(events: Iterable<Event>): Folded;
