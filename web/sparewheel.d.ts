import type { AnnotationShape, AttemptRecord, Event, FinishReason, Kind, MediaShape, UsageTotals } from "./events.js";
import type * as protocol from "./protocol.js";
import type {
  AgentSummary,
  ChainState,
  ChatMessage,
  DriverChanged,
  MissingKey,
  ParsedConfig,
  Progress,
  Restored,
  Result,
  RuntimeRestarted,
  ServerPrompt,
  SessionRow,
  Stage,
  TitleEvent,
} from "./protocol.js";

export * from "./events.js";
export type {
  AgentCommand as Command,
  PromptArgument,
  ServerPrompt,
  AgentSummary,
  ChainModel,
  ChainState,
  ChatMessage as Message,
  DriverChanged,
  MissingKey,
  ParsedConfig,
  Progress,
  Restored,
  Result,
  RuntimeRestarted,
  SessionRow,
  Stage,
  TitleEvent,
} from "./protocol.js";
export type { ToolCallShape as ToolCall } from "./events.js";

/** The properties of a `SparewheelError`. */
export interface ErrorFacts extends Omit<protocol.ErrorFacts, "kind"> {
  /**
   * The exact reason; `boot_failed` when the runtime could not start, `code_unavailable` where there is no sandbox for code.
   * `code` is the coarse one.
   */
  kind: Kind | "boot_failed" | "code_unavailable";
  /** The stage at which starting failed; only with `boot_failed`. */
  stage?: Stage;
}

/** Everything the embed API rejects with. An abort has the kind "aborted" and that word in its message. */
export class SparewheelError extends Error implements ErrorFacts {
  constructor(facts: Partial<ErrorFacts> & { message: string });
  readonly kind: ErrorFacts["kind"];
  /** What the reader can do about it; may be empty. */
  readonly hint: string;
  readonly code: ErrorFacts["code"];
  /** The HTTP status, where there was one. */
  readonly status?: number;
  readonly provider?: string;
  readonly model?: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** Every request of the failed turn, with its outcome. */
  readonly attempts: AttemptRecord[];
  readonly stage?: Stage;
  /** Vendors' keys that the agent file would send to hosts which `allowHosts` does not name. */
  readonly key_requests?: protocol.KeyRequest[];
  /** Keys that `env` lacks: one of them would let the agent run. */
  readonly missing_keys?: MissingKey[];
}

export interface RuntimeOptions {
  /** The folder with worker.js and pyodide/. Default: the folder of sparewheel.js. */
  assetBase?: string | URL;
  /** The worker script, when it is not `worker.js` in `assetBase`. */
  workerUrl?: string | URL;
  /**
   * Makes the worker, for hosts where `new Worker(url, {type: "module"})` is not enough. Called again for a worker that
   * replaces another one, which may still run then.
   */
  createWorker?: (url: URL) => Worker | Promise<Worker>;
  /** false starts Python without the memory snapshot, which takes several times as long. Default: true. */
  snapshot?: boolean;
  /** Called with the progress of starting. */
  onProgress?: (progress: Progress) => unknown;
  /** Ends the runtime while it is still starting. */
  signal?: AbortSignal;
  /** Models that live in this page, by name: agent files call them `page/NAME`. */
  models?: Record<string, PageModel>;
  /**
   * Makes every request of models and of the tools `fetch`, `api` and `openapi`, in place of the worker's own `fetch`: to
   * send them through a proxy, to add an authorization, to log or to mock them. The keys in `headers` leave the worker for
   * this function. If it throws or rejects, that is a network failure, and the chain goes on. The body is read piece by
   * piece, no faster than the worker handles it. Whether redirects are followed is up to the function; `init.redirect` is
   * what the worker would do.
   */
  fetch?: (url: string, init: FetchInit) => Response | Promise<Response>;
  /**
   * Where sessions are kept. `"memory"` (the default): until the runtime ends. `"indexeddb"`: in this browser, in the
   * database "sparewheel"; `{name}`: in another one. If storage fails, sessions go on in memory and report it as a `warning`.
   */
  store?: "memory" | "indexeddb" | { name: string };
  /** Called when the worker was replaced. */
  onEvent?: (event: RuntimeRestarted) => unknown;
  /**
   * Replace a worker that dies or hangs. Its sessions are created again when they are used next, and go on after their last
   * completed turn; turns under way end with an `error` of kind "internal" that is retryable. Approvals that were granted,
   * todos, plans and files are lost. Default: true. A worker that dies for the sixth time in a minute is not replaced; one
   * that did not stop a turn, or whose tool did not end in its time, does not count. When a worker does not answer for half
   * of the time that it has, another one is started already; it is ended if the first one answers.
   */
  restart?: boolean;
  /**
   * Milliseconds without an answer after which a worker hangs; at least 1000. While a Python tool runs, its `timeout` and
   * one second count instead. After an abort it is two seconds. Default: 10000.
   */
  hangTimeout?: number;
  /**
   * Answer every request of models and tools with a recording (`Runtime.record`, `sparewheel run --record`): none leaves, and no
   * key is needed. A request that is not in it fails with kind "config". What is no recording is refused.
   */
  replay?: Replay;
  /**
   * The address of a collector of OpenTelemetry, which gets the spans of every turn (OTLP over HTTP, JSON), such as
   * `http://localhost:4318`; a host of models is refused. It has to allow this page's origin (CORS), and a policy of the
   * page has to allow its address. If it takes nothing, the next turn has one `warning`, and turns go on. With `contents`,
   * spans have answers, and the arguments and results of tools. Default: no traces.
   */
  otlp?: string | { url: string; contents?: boolean };
}

export interface TraceOptions {
  format?: "chrome" | "otlp";
  contents?: boolean;
}

export interface Replay {
  /** The text of the recording. */
  recording: string;
  /** Answer at the times of the recording. Default: false, without waiting. */
  timed?: boolean;
}

/** A request, in a shape that `fetch` takes as it is. `redirect` is "follow" only for requests without credentials. */
export interface FetchInit extends Omit<protocol.FetchRequest, "url"> {
  /** Aborts when the answer is no longer wanted. */
  signal: AbortSignal;
}

/** A model of the embedder's. It gets no tools. If it throws, the chain goes on with the next model. */
export interface PageModel {
  /** The answer in pieces, which are read no faster than the worker handles them. */
  stream(
    messages: protocol.PageModelMessage[],
    options: {
      /** Aborts when the answer is no longer wanted. */
      signal: AbortSignal;
    },
  ): AsyncIterable<string> | Promise<AsyncIterable<string>>;
  /**
   * An embedding of each text, in their order, all of the same length: for `embedding_model: page/NAME` of documents that
   * agents search (`rag`).
   */
  embed?(texts: string[], options: { signal: AbortSignal }): ArrayLike<ArrayLike<number>> | Promise<ArrayLike<ArrayLike<number>>>;
}

/**
 * The browser's own language model, as a last resort that needs no network: `models: {own: browserModel()}` and
 * `page/own` in the agent file. It answers only where it is ready; it never starts a download.
 */
export function browserModel(): PageModel;

/** JSON: what may go to the worker and come back. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A function of the embedder's that the model may call. */
export interface HostTool extends protocol.ToolSpec {
  /**
   * Runs the call. What it returns is the result: text as it is, any other JSON as JSON text. What it throws becomes an
   * error result (its message only), and so does a result that is not plain JSON; the turn goes on. `signal` aborts when
   * the result is no longer wanted: the turn was stopped, or the time is over. Looked up with each call; an approval is
   * for the function that was there when the user was asked. A call with an integer that JavaScript would round fails.
   * `idempotencyKey` is the same for this call whenever it runs again, after a crash for one, and differs from that of
   * every other call: pass it to a server that takes such keys, and its effect happens once.
   */
  execute(args: any, context: { signal: AbortSignal; callId: string; idempotencyKey: string }): unknown;
}

/**
 * The answer of a hook; without one, nothing changes. Names as in docker-agent's hook output. Where the hook decides
 * something, an answer with another field, another type or a field that has no effect there denies: see `warning`.
 */
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

/**
 * Called at a point of a turn. Where it decides something, failing or not answering within 60 s denies. Arguments that
 * `on_tool_approval_decision` changes are asked about again.
 */
export type HookFunction = (
  input: any,
  context: { signal: AbortSignal; event: string },
) => HookOutput | null | undefined | void | Promise<HookOutput | null | undefined | void>;

/** `matcher` is a regular expression for the whole name of a tool; default: every tool. */
export type Hook = HookFunction | { matcher?: string; hook: HookFunction };

/** A user's decision on a tool call, by name. */
export type DecisionName = protocol.Confirm["decision"];

export interface Confirmation {
  /** The `id` of the event; default: the call that has waited longest of those that this page has seen. */
  id?: string;
  /** `true` approves this call; false or nothing rejects it. */
  decision?: DecisionName | boolean | null;
  /**
   * For `approve_tool`; needed unless `id` names the call. The approval covers this tool of this agent until its
   * toolset, description, schema, source or function changes.
   */
  toolName?: string;
  /** Why not: shown to the model. */
  reason?: string;
  /**
   * With an approval: the arguments to run with instead of the model's, an object or its JSON text (which keeps integers
   * that JavaScript would round). If they do not match the tool's schema, `confirm` rejects and the call still waits.
   */
  arguments?: string | Record<string, Json>;
}

export type Decision = DecisionName | boolean | null | undefined | Confirmation;

/** What becomes of a call that may have had its effect before its turn was interrupted. */
export type DoubtDecision = protocol.Resolve["decision"];

export type ElicitationAction = protocol.Respond["action"];

export interface ElicitationAnswer {
  /** The `id` of the event. */
  id: string;
  /** `true` accepts, `false` declines. */
  action: ElicitationAction | boolean;
  /**
   * What was filled in, in the shape of the event's `schema`. Of a sign-in: the parameters with which the user came back,
   * or `{access_token, expires_in?}` of a page that has signed in itself.
   */
  content?: Record<string, Json>;
}

/** The options of a session. Values must be plain JSON, except the functions in `tools` and `hooks`. */
export interface SessionOptions extends Omit<protocol.CreateSession, "session" | "again" | "tools" | "hooks" | "documents"> {
  /**
   * Documents by name: texts, or bytes (of a PDF). At most 1000, and 8 MiB in total; bytes count for 4/3 of their size. They
   * are for the keys of the agent file that name files (`instruction_file`, `add_prompt_files`, `file` of toolsets of type
   * `python`) and for toolsets of type `rag`, whose tool searches them. Nothing else reads them.
   */
  documents?: Record<string, string | Uint8Array | ArrayBuffer>;
  /** Functions of this page that the model may call, by name: at most 64 letters, digits, `_` and `-`. */
  tools?: Record<string, HostTool>;
  /** Functions of this page that run at points of a turn, by the name of the point. */
  hooks?: Record<string, Hook | Hook[]>;
}

/** The options with which a stored session is opened: those of a session, but for what the store has. */
export interface OpenOptions extends Omit<SessionOptions, "yaml" | "history" | "id" | "title"> {
  /** The agent file; default: the stored one. */
  yaml?: string;
}

/** The options of `chat`: those of a session, with the whole conversation. */
export interface ChatOptions extends Omit<SessionOptions, "history" | "id" | "title"> {
  /** The conversation so far; the last message is the user's. */
  messages: ChatMessage[];
  /** Aborts the turn. */
  signal?: AbortSignal;
  /**
   * `"outcome"`: only `usage` and the last event, together, when the turn has ended; so nothing can be asked. For many
   * prompts, of which each takes less time then. Default: `"all"`.
   */
  events?: "all" | "outcome";
}

/** Called with each event, in order. What it throws, or rejects with, is logged once and has no other effect. */
export type Listener = {
  call(event: Event | RuntimeRestarted | Restored | DriverChanged | TitleEvent): unknown;
}["call"]; // a method: `(event: Event) => …` fits

/**
 * A listener of `chat`. What it returns for `tool_confirmation` (a `Decision`) and `elicitation` (an action, a boolean
 * or `{action, content?}`) is the answer; a promise is awaited. Any other value rejects or declines.
 */
export type ChatListener = (event: Event) => unknown;

/**
 * The bytes of a file: a `File` or a `Blob` as a page has it, plain bytes, or the shape that messages have, with base64.
 * Its kind is read from its bytes: a picture (PNG, JPEG, GIF, WebP), a PDF, or UTF-8 text.
 */
export type FileSource =
  Blob | ArrayBuffer | ArrayBufferView | (Omit<protocol.FileShape, "data"> & { data?: string | ArrayBuffer | ArrayBufferView });

/** A part of a prompt. */
export type ContentPart = protocol.TextPart | protocol.ImagePart | { type: "file"; file: FileSource };

/** What a turn begins with: text, or parts within `promptLimits`. */
export type Prompt = string | readonly ContentPart[];

/**
 * The limits of one prompt, checked before anything is copied: its parts, the bytes of all its files together, and the
 * bytes of one text file.
 */
export declare const promptLimits: { readonly parts: number; readonly bytes: number; readonly text: number };

export interface TurnOptions {
  /** Aborts the turn. If it has aborted already, no turn starts. */
  signal?: AbortSignal;
  /** The model (`provider/model` of a chain) that is asked first in this turn, even if it rests or is skipped. */
  model?: string;
  /**
   * "What if": the next attempt fails with this kind, and only that one; what then happens is what the chain does about a
   * real failure. No request is sent, but for "stream_truncated" and "timeout_idle", which break off a real answer after
   * some characters. Silence is simulated by a limit of two seconds. The model cools down for the rest of the turn only.
   */
  fault?: Fault;
}

/** A prompt of `session.prompts()`, and the values of its arguments. */
export type ChosenPrompt = Omit<protocol.FillPrompt, "session">;

/** A failure that can be simulated: a kind, or "offline". */
export type Fault = NonNullable<protocol.Send["fault"]>;

export interface ForkOptions {
  /** The `turn` of the events; the new session has the conversation before it. Default: all of the conversation. */
  turn?: string;
  /** Default: that of the session, marked as a branch. */
  title?: string;
}

/** What a session goes on with: those of the options of `createSession` that can change. */
export type UpdateOptions = Partial<Pick<SessionOptions, "yaml" | "env" | "agentName" | "allowHosts" | "documents">>;

export interface CodeOptions {
  /** Files in the working directory, by path. */
  files?: Record<string, Blob | ArrayBuffer | ArrayBufferView | string>;
  /** Ends the run at once; its status is then "stopped". */
  signal?: AbortSignal;
}

/** Gets what the code prints, as it comes. */
export type CodeListener = (output: { stream: "stdout" | "stderr"; text: string }) => void;

/** How a run of code ended. The code may have written everything but `status` and `detail`. */
export interface CodeResult {
  /** "done": it ended by itself, maybe with an error. Otherwise which limit ended it, or "died": Python ended. */
  status: "done" | "time" | "memory" | "output" | "died" | "stopped";
  /** What happened in words, if it did not end by itself. */
  detail: string;
  /** The value of the last expression; null for none. */
  value: protocol.CodeShown | null;
  /** What the code shows with `display`. */
  shown: protocol.CodeShown[];
  /** `text` is the traceback, `line` the line of the code, from 1. */
  error: protocol.CodeError | null;
  /** The `exit` with which the code has ended itself; null if it has not. */
  exit: string | null;
  plots: CodeFile[];
  /** Those that the run has written or changed, by path. */
  files: CodeFile[];
  /** Plots and files that were too many or too large. */
  left_out: string[];
}

export interface CodeFile {
  name: string;
  blob: Blob;
}

/** One conversation. Turns run one at a time; sessions run side by side. */
export interface Session {
  /** The name under which the store keeps it. */
  readonly id: string;
  /** The title of the conversation; null if there is none (yet). The listener gets the event `title` when it comes. */
  readonly title: string | null;
  /**
   * Another tab drives this session: its turns are shown here as they are stored, and `send` rejects with the kind
   * "open_elsewhere". A `driver` event tells the listener of a change. This tab drives it when the other one is gone.
   */
  readonly readOnly: boolean;
  /** The agent's name. */
  readonly agent: string;
  /** Its chain of models as `provider/model`, primary first. */
  readonly models: string[];
  /** The names of the file's agents. */
  readonly agents: string[];
  /** The agent file's greeting for users; may be empty. */
  readonly welcomeMessage: string;
  /** Keys of the agent file that have no effect, or not the usual one. The first turn reports them as `warning` events. */
  readonly warnings: readonly string[];
  /** The keys that `env` lacks, with the models that are skipped because of it: each turn reports these by `skipped`. */
  readonly missingKeys: readonly MissingKey[];
  /** The agent's commands by name, for a menu: choosing one is sending its instruction. */
  readonly commands: Readonly<Record<string, Readonly<protocol.AgentCommand>>>;
  /** The model that is asked first, as `provider/model`; null: the order of the chain. See `prefer`. */
  readonly preferred: string | null;
  /** The models that are not asked. See `skip`. */
  readonly skipped: readonly string[];
  /** Runs a turn. Settles after the turn's terminal event. Files of the prompt are kept with the conversation. */
  send(prompt: Prompt, options?: TurnOptions): Promise<Result>;
  /**
   * Runs a turn and yields its events; the terminal one (`finish`, `error` or `aborted`) is the last. A turn that fails
   * does not throw: it ends with an `error` event. What goes wrong before the first event (the session is busy or closed,
   * the signal has aborted already, the prompt is neither text nor parts) throws. The turn starts with the iteration; leaving the
   * loop early aborts it.
   */
  stream(prompt: Prompt, options?: TurnOptions): AsyncIterableIterator<Event>;
  /**
   * Goes on with the last turn, which was interrupted (a reload, a crash) or has failed: no finished step is asked again,
   * no finished call is run again. The events have the same `turn` and begin with `start`. Rejects if there is no such
   * turn. A call that may have had its effect is told by `in_doubt`; without a decision the turn ends with an `error` of
   * kind "in_doubt", and can go on after `resolve`.
   */
  resume(options?: TurnOptions): Promise<Result>;
  /**
   * Decides about a call in doubt. "done": it has had its effect, with this `result` if it is known. "again": run it, with
   * the same idempotency key. "skip": do not run it. Rejects if no such call is in doubt.
   */
  resolve(callId: string, decision: DoubtDecision, result?: string): Promise<void>;
  /**
   * Replaces the listener given to `createSession`: for pages that reload their code. The new one gets every event that
   * still waits for an answer at once.
   */
  listen(onEvent: Listener | undefined): void;
  /** Answers a `tool_confirmation`. Rejects when none is pending, or when the decision is unknown. */
  confirm(decision: Decision, reason?: string): Promise<void>;
  /** Answers an `elicitation`. Rejects when it is no longer open. */
  respondToElicitation(answer: ElicitationAnswer): Promise<void>;
  /** Forgets the conversation; a running turn is aborted first. */
  restart(): Promise<void>;
  /**
   * Goes on with another agent file, other keys or another agent, and keeps the conversation: history, todos, plans,
   * memories, files, budgets, and the approvals of tools that are still the same. What is not given stays as it is; `env`
   * replaces the whole former one. A file that cannot run is refused at once, and the session is as it was; one that lacks
   * only keys is not: its turns end with an `error` of kind "no_key" until `update` brings one. A turn that
   * runs ends as it began: the promise resolves after it. Turns that are sent meanwhile wait. The store keeps the new file.
   */
  update(options: UpdateOptions): Promise<void>;
  /**
   * Asks `model` (`provider/model`) first, from the next step on until changed back; null: the order of the agent file. A
   * model that rests or lacks its key is passed over all the same. Is no longer skipped. Rejects for an unknown model.
   */
  prefer(model: string | null): Promise<void>;
  /**
   * Does not ask `model` from the next step on until changed back (`skip(model, false)`): it is reported by `skipped` with the
   * kind "skipped". Is no longer preferred. Rejects for an unknown model, and for the last one of an agent that can be asked.
   */
  skip(model: string, skip?: boolean): Promise<void>;
  /**
   * Runs Python code in the sandbox of this session, apart from the conversation: the model does not see it, nothing of it
   * is stored, and it can call no tools. It starts afresh, also where the agent keeps the state of its own runs, with the
   * packages and limits of the agent's code toolset, the files of its last run, and `files`. How the code ended is in the
   * result. Rejects with the kind "code_unavailable" if there is no sandbox, and with "config" if a package cannot be had.
   */
  runCode(code: string, options?: CodeOptions, onOutput?: CodeListener): Promise<CodeResult>;
  /**
   * Aborts the running turn, if there is one. Never fails. `reason` is that of the event `aborted`: "consumer" if the
   * program that reads the events has stopped reading. Default: "user".
   */
  abort(reason?: "user" | "consumer"): void;
  /** Ends the session; a running turn is aborted first. May be called twice. */
  close(): Promise<void>;
  /** The conversation as a JSON document, without keys. */
  export(): Promise<unknown>;
  /**
   * The chain of each agent with the state of its models now: before a turn, after one, and while one runs. `wait_ms`
   * counts from the answer on.
   */
  chain(): Promise<ChainState>;
  /**
   * Another session with the same agent, keys and functions, and the conversation before a turn: to ask something else
   * there. This one stays as it is. What tools have stored comes along as it is now; approvals do not.
   */
  fork(options?: ForkOptions, onEvent?: Listener): Promise<Session>;
  /**
   * The prompts of the MCP servers of the agent, for a menu beside `commands`. Connects to the servers; those that cannot be
   * reached, or need a sign-in first, have none.
   */
  prompts(): Promise<ServerPrompt[]>;
  /** One of them, filled in, for the user to send. Rejects if the server does not give it. */
  fillPrompt(chosen: ChosenPrompt): Promise<ContentPart[]>;
  /** The conversation so far, after the last turn. */
  messages(): Promise<ChatMessage[]>;
  /**
   * Becomes the driver of a session that is read-only: asks the other tab, which hands it over when it has no turn, and
   * waits until that has happened or the tab is gone. Resolves at once if this tab drives it already.
   */
  takeOver(): Promise<void>;
}

/** The sessions that a runtime's store keeps, open or not. Keys are not stored. */
export interface StoredSessions {
  /** Every session, the one that was changed last first. */
  list(): Promise<SessionRow[]>;
  /**
   * Opens a session as it was: history, todos, plans, memories, files, approvals and budgets. If a turn was interrupted,
   * the listener gets a `restored` event before the promise resolves. If another tab has the session, it is read-only.
   */
  open(id: string, options?: OpenOptions, onEvent?: Listener): Promise<Session>;
  rename(id: string, title: string): Promise<void>;
  /** Removes a session; one that is open in this runtime is closed first. */
  delete(id: string): Promise<void>;
  /** One JSON document, which `import` takes in another browser; or Markdown, to be read. */
  export(id: string, options?: { format?: "json" }): Promise<Record<string, unknown>>;
  export(id: string, options: { format: "markdown" }): Promise<string>;
  export(id: string, options?: { format?: "json" | "markdown" }): Promise<Record<string, unknown> | string>;
  /** Adds the session of a document (a JSON text, or its value), under another id if its own is taken. */
  import(document: unknown): Promise<SessionRow>;
}

export interface Runtime {
  /**
   * How this runtime was started, in `ms` milliseconds: from the snapshot of Python's memory, or plainly, which takes
   * several times as long, for this `reason`. It is null for a start from the snapshot. Workers that replace others are
   * not reported here.
   */
  readonly boot: { readonly mode: "snapshot" | "plain"; readonly reason: string | null; readonly ms: number };
  /** Resolves with the reason when the runtime has ended: it was disposed of, or its worker died. */
  readonly closed: Promise<SparewheelError>;
  /**
   * What an agent file holds, without running it. `reach` lists the hosts, keys, models, tools and Python code that it may
   * use: show it before a file from a stranger is run. `key_line` is not null if the file seems to have a key in it.
   */
  parseConfig(yaml: string): Promise<ParsedConfig>;
  listAgents(yaml: string): Promise<AgentSummary[]>;
  createSession(options: SessionOptions, onEvent?: Listener): Promise<Session>;
  /** The sessions in the store. */
  readonly sessions: StoredSessions;
  /** Runs one turn on the caller's messages, without a session that stays. */
  chat(options: ChatOptions, onEvent?: ChatListener): Promise<Result>;
  /**
   * Gives `listener` the lines of a recording (without their ends) from now on: each exchange of any session with models and
   * tools when it is over, without keys. The lines joined are what the option `replay` and `sparewheel run --replay` take; the
   * first one begins the recording. null stops it.
   */
  record(listener: ((line: string) => unknown) | null): Promise<void>;
  /**
   * Makes a trace of events, each after the time at which it came (`[Date.now(), event]`): a document for Perfetto and Chrome
   * (`"chrome"`, the default), or one for collectors of OpenTelemetry (`"otlp"`), to be saved as JSON. With `contents` it has the
   * answers, and the arguments and results of tools.
   */
  trace(log: [number, Event][], options?: TraceOptions): Promise<Record<string, unknown>>;
  /** Aborts every running turn. Never fails. */
  abort(): void;
  /**
   * Ends the worker now, whatever it does, and starts another one: for a user who wants no more to wait. Turns that run end
   * with `aborted` (reason "restart"); sessions go on after their last completed turn, as with `restart: true`. Resolves
   * when the new worker can take commands. Rejects if it could not be started: then the runtime has ended.
   */
  restart(): Promise<void>;
  /** Ends the worker and settles everything that is open. May be called twice. */
  dispose(): void;
}

/**
 * Installs a service worker that keeps all files, so that the next visit needs no network; an update replaces all files at
 * once. For pages below the folder of the assets, where `service-worker.js` must be. Resolves with whether it could be
 * done. Call it when the runtime is ready, because it downloads what has not been downloaded yet.
 */
export function keepOffline(options?: { assetBase?: string | URL }): Promise<boolean>;

/** The id of this build. A worker of another build refuses to start. */
export const BUILD: string;

/** Starts a worker with Python in it; resolves when it is ready. */
export function createRuntime(options?: RuntimeOptions): Promise<Runtime>;

/** One attempt, as far as the events tell. */
export interface FoldedAttempt {
  attempt: number;
  model: string;
  /** The step of the turn that made it, from 1. */
  step: number;
  /** "aborted": the turn was stopped, or another attempt beside it was faster (`hedge`). */
  state: "waiting" | "streaming" | "failed" | "answered" | "aborted";
  /** Why it failed; empty if it did not. */
  reason: string;
  kind: Kind | null;
  /** Whether its text was discarded. */
  discarded: boolean;
  /** What was discarded. */
  discarded_output: { text: string; reasoning: string } | null;
  /** Null: not reported. */
  usage: UsageTotals | null;
  /** US dollars; null: not known. */
  cost: number | null;
  /** When it was to be asked, when its first output came and when it ended: times as given to `Transcript.push`. */
  asked_at: number | null;
  first_at: number | null;
  ended_at: number | null;
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
  /** Which step of the turn this is, from 1: message, text, reasoning, tool calls, media and annotations are those of this step. */
  step: number;
  /** The assistant message so far, without discarded attempts. Equal to the result's message once the turn has finished. */
  message: Result["message"];
  /** The content of the message. */
  text: string;
  /** The reasoning of the message; "" if it has none. */
  reasoning: string;
  /** The tool calls of the message. Show them, but act on `tool_call` events only. */
  toolCalls: FoldedCall[];
  /** The pictures, sounds and files of the message. */
  media: MediaShape[];
  /** What the message cites, and what hosted searches looked for and found. */
  annotations: AnnotationShape[];
  attempts: FoldedAttempt[];
  /** Tokens of all attempts so far, the discarded ones and those of sub-agents included. */
  usage: UsageTotals | null;
  /** US dollars of all attempts so far whose price is known, those of sub-agents included; null if none is known. */
  cost: number | null;
  finish_reason: FinishReason | null;
  error: Extract<Event, { type: "error" }> | null;
  /** When the first and the last event of the turn came: times as given to `Transcript.push`. */
  started_at: number | null;
  ended_at: number | null;
}

export interface Transcript {
  /**
   * Takes the next event in constant time. An event of another turn starts anew; after a `start` with `resumed` the attempts
   * and the usage go on, and the answer starts anew. `at` is the time at which it came, in
   * milliseconds of any clock (`Date.now()`); without it the times of the snapshot are null.
   */
  push(event: Event, at?: number | null): void;
  /** The assistant message so far: ask at any event. A copy that later events do not change. */
  readonly message: Result["message"];
  /**
   * What the message has beyond a text and a reasoning of these lengths, for pages that show it as it grows. Takes time
   * for what is new, not for what came before. `discard` and `step` take text away: show the message anew after them.
   */
  added(lengths: { text: number; reasoning: number }): { text: string; reasoning: string };
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
