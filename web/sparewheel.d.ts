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

/**
 * The stages of starting, in order. "worker" is before the worker has said anything. "snapshot" is Python with its
 * packages from a snapshot of its memory; "pyodide" and "packages" are there instead where that is switched off, and
 * after it where it does not work.
 */
export type Stage = "worker" | "check" | "snapshot" | "pyodide" | "packages" | "runtime";

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
  /** false starts Python plainly, which takes several times as long. Default: from a snapshot, and plainly if it fails. */
  snapshot?: boolean;
  /** Told how starting goes. */
  onProgress?: (progress: Progress) => unknown;
  /** Ends the runtime while it is still starting. */
  signal?: AbortSignal;
  /** Models that live in this page, by name: agent files call them `page/NAME`. */
  models?: Record<string, PageModel>;
  /**
   * Makes every request of models and of the tools `fetch`, `api` and `openapi`, in the place of the worker's own `fetch`:
   * to send them through a proxy, to add an authorization, to log or to mock them. The keys in `headers` leave the worker
   * for this function. What it rejects with, or throws, counts as a network failure, and the chain goes on; the body is
   * read piece by piece as it arrives, no faster than the worker can. Redirects are its own to follow or to refuse;
   * `init.redirect` says what the worker would have done.
   */
  fetch?: (url: string, init: FetchInit) => Response | Promise<Response>;
}

/** A request, in a shape that `fetch` takes as it is. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  /** "error" unless nothing would be told to whoever is redirected to. */
  redirect: RequestRedirect;
  body?: string;
  /** Aborts when nobody wants the answer any more. */
  signal: AbortSignal;
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

/** JSON: what may go to the worker and come back. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A function of the embedder's that the model may call. */
export interface HostTool {
  /** For the model: what it does, and when to use it. */
  description: string;
  /** JSON schema of the arguments, of type "object". Default: no arguments. They are checked before `execute` runs. */
  parameters?: Record<string, unknown>;
  /** It changes nothing, so it needs no approval. Default: false. */
  readOnly?: boolean;
  /** Seconds until it is given up. Default: 120. */
  timeout?: number;
  /**
   * Runs the call. What it returns is the result: text as it is, any other JSON as JSON text. What it throws becomes an
   * error result (its message only), and so does a result that is not plain JSON; a turn never fails by it. `signal`
   * aborts when nobody wants the result any more: the turn was stopped, or the time is over. Looked up with each call.
   */
  execute(args: any, context: { signal: AbortSignal; callId: string }): unknown;
}

/** What a hook may answer; nothing at all lets things take their course. Names as in docker-agent's hook output. */
export interface HookOutput {
  decision?: "allow" | "ask" | "deny" | "approve" | "block";
  reason?: string;
  /** `false` denies. */
  continue?: boolean;
  stop_reason?: string;
  system_message?: string;
  additional_context?: string;
  /** Arguments to use instead of the model's. */
  updated_input?: Record<string, unknown>;
  updated_tool_response?: string;
  hook_specific_output?: Record<string, unknown>;
}

/** Called at a point of a turn. Where it decides something, failing or not answering within 60 s is a no. */
export type HookFunction = (
  input: any,
  context: { signal: AbortSignal; event: string },
) => HookOutput | null | undefined | void | Promise<HookOutput | null | undefined | void>;

/** `matcher` is a regular expression for the whole name of a tool; default: every tool. */
export type Hook = HookFunction | { matcher?: string; hook: HookFunction };

/** The user's word on a tool call; the last two are docker-agent's names for read-only and all. */
export type DecisionName =
  "approve" | "approve_tool" | "approve_read_only" | "approve_all" | "reject" | "approve_balanced" | "approve_autonomous";

export interface Confirmation {
  /** The call it is about; default: the one that has waited longest. */
  id?: string;
  /** `true` approves this call; nothing, or anything else that is no name, rejects it. */
  decision?: DecisionName | boolean | null;
  /** For `approve_tool`; needed unless `id` names the call. */
  toolName?: string;
  /** Why not: the model is told. */
  reason?: string;
}

export type Decision = DecisionName | boolean | null | undefined | Confirmation;

export type ElicitationAction = "accept" | "decline" | "cancel";

export interface ElicitationAnswer {
  /** The `id` of the event. */
  id: string;
  /** `true` accepts, any other value but a name declines. */
  action: ElicitationAction | boolean;
  /** What was filled in, in the shape of the event's `schema`. */
  content?: Record<string, Json>;
}

/** What a session is made from. Values must be plain JSON, but for the functions in `tools` and `hooks`. */
export interface SessionOptions {
  /** The agent file. */
  yaml: string;
  /** Which agent of the file; default: the root agent. */
  agentName?: string;
  /** Keys and other variables that the agent file names. Kept in the worker, for this session only. */
  env?: Record<string, string>;
  /** Messages to begin with. */
  history?: Message[];
  /** Functions of this page that the model may call, by name: letters, digits, `_` and `-`, at most 64. */
  tools?: Record<string, HostTool>;
  /** Functions of this page that are asked, or told, at points of a turn, by the name of the point. */
  hooks?: Record<string, Hook | Hook[]>;
  /** Run every tool without asking. */
  autoApprove?: boolean;
  /** Seconds until a tool call that waits for approval is rejected. Default: 300. */
  approvalTimeout?: number;
  /**
   * Whether anybody can answer `tool_confirmation` and `elicitation`. Where nobody can, both are declined at once.
   * Default: whether there is a listener, or the turn is being streamed.
   */
  interactive?: boolean;
  /**
   * Texts by path, at most 1000 and 16 MiB in total: the sources that toolsets of type `python` name with `file`. Nothing
   * else reads them; the model does not get to see them.
   */
  documents?: Record<string, string>;
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

/**
 * A listener of `chat`. What it returns for `tool_confirmation` (a `Decision`) and `elicitation` (an action, a boolean
 * or `{action, content?}`) is the answer; a promise is waited for. Anything else is a no.
 */
export type ChatListener = (event: Event) => unknown;

export interface TurnOptions {
  /** Aborts the turn. One that is aborted already starts none. */
  signal?: AbortSignal;
}

/** A command of the agent file, with what the file says of it. */
export interface Command {
  readonly description?: string;
  /** The prompt. */
  readonly instruction?: string;
  /** Which agent of the file it is meant for. */
  readonly agent?: string;
  /** An address to open instead. */
  readonly url?: string;
}

/** One conversation. Turns run one at a time; sessions run side by side. */
export interface Session {
  readonly id: string;
  /** The agent's name. */
  readonly agent: string;
  /** Its chain of models as `provider/model`, primary first. */
  readonly models: string[];
  /** The names of the file's agents. */
  readonly agents: string[];
  /** What the agent file wants users to be greeted with; may be empty. */
  readonly welcomeMessage: string;
  /** The agent's commands by name, for a menu: choosing one is sending its instruction. */
  readonly commands: Readonly<Record<string, Command>>;
  /** Runs a turn. Settles after the turn's terminal event. */
  send(prompt: string, options?: TurnOptions): Promise<Result>;
  /**
   * Runs a turn and yields its events; the terminal one (`finish`, `error` or `aborted`) is the last. A turn that
   * fails therefore does not throw: its `error` event is the news. What goes wrong before the first event (the session
   * is busy or closed, the signal is aborted already, the prompt is no string) throws. The turn starts with the
   * iteration; leaving the loop early aborts it.
   */
  stream(prompt: string, options?: TurnOptions): AsyncIterableIterator<Event>;
  /**
   * Puts another listener in the place of the one given to `createSession`: for pages that reload their code. It hears
   * at once of everything that still waits for an answer.
   */
  listen(onEvent: Listener | undefined): void;
  /** Answers a `tool_confirmation`. Rejects when none is pending, or when nobody knows the decision. */
  confirm(decision: Decision, reason?: string): Promise<void>;
  /** Answers an `elicitation`. Rejects when it is no longer open. */
  respondToElicitation(answer: ElicitationAnswer): Promise<void>;
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
  chat(options: ChatOptions, onEvent?: ChatListener): Promise<Result>;
  /** Aborts every running turn. Never fails. */
  abort(): void;
  /** Ends the worker and settles everything that is open. Disposing twice is fine. */
  dispose(): void;
}

/**
 * Puts a service worker in place that keeps all files, so that the next visit needs no network; an update is taken
 * over as a whole. For pages below the folder of the assets, where `service-worker.js` has to lie. Resolves with whether
 * it could be done; call it when the runtime is ready, because it fetches what has not been fetched yet.
 */
export function keepOffline(options?: { assetBase?: string | URL }): Promise<boolean>;

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

/** A tool call. `arguments` is JSON text; until the model has finished the call it is only the beginning. */
export interface FoldedCall {
  id: string;
  name: string;
  arguments: string;
}

/** A turn, folded from its events. What sub-agents do inside a tool call (`task`) is not part of it. */
export interface Folded {
  turn: string | null;
  agent: string | null;
  /** The model that answers, or answered. */
  model: string | null;
  status: "idle" | "running" | "finished" | "error" | "aborted";
  /** Which step of the turn this is, from 1: message, text, reasoning and tool calls are those of this step. */
  step: number;
  /** The assistant message so far, without discarded attempts. Equal to the result's message once the turn has finished. */
  message: Result["message"];
  /** The content of the message. */
  text: string;
  /** The reasoning of the message; "" if it has none. */
  reasoning: string;
  /** The tool calls of the message. Show them, but act on `tool_call` events only. */
  toolCalls: FoldedCall[];
  attempts: FoldedAttempt[];
  /** Tokens of all attempts so far, the discarded ones and those of sub-agents included. */
  usage: UsageTotals | null;
  finish_reason: FinishReason | null;
  error: Extract<Event, { type: "error" }> | null;
}

export interface Transcript {
  /** Takes the next event in constant time. An event of another turn starts anew. */
  push(event: Event): void;
  /** The assistant message so far: ask at any event. A copy that later events do not change. */
  readonly message: Result["message"];
  /** Everything that the events tell so far. A copy that later events do not change. */
  snapshot(): Folded;
}

/** Folds the events of a turn one by one. */
export function createTranscript(): Transcript;

/** Folds the events of a turn at once; of several turns, the last. */
export function fold(events: Iterable<Event>): Folded;

/** Whether the event ends its turn. Every turn has exactly one such event, and it is the last one. */
export function isTerminal(event: Event): event is Extract<Event, { type: "finish" | "error" | "aborted" }>;

/**
 * Whether the event ends its turn with a failure. A failed attempt (`retry`, `fallback`), a failed tool call
 * (`tool_result` with `is_error`) and a stopped turn (`aborted`) are not errors in this sense.
 */
export function isError(event: Event): event is Extract<Event, { type: "error" }>;

/**
 * Whether the chain moves from one model to another. `skipped` only reports a model that is passed over, and a
 * `fallback` follows if another one takes its place. `hedge` adds a second model while the first one still runs. Neither
 * is a fallback.
 */
export function isFallback(event: Event): event is Extract<Event, { type: "fallback" }>;

/**
 * Whether the chain gives up: no model is left, or the agent file forbids asking another one. An `error` event follows.
 * If the event has a `task`, the `tool_result` of that call follows instead.
 */
export function isExhausted(event: Event): event is Extract<Event, { type: "exhausted" }>;
