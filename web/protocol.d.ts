// Generated from runtime/sparewheel/page/protocol.py by `python -m bundle.typings`: change it there.
import type {
  AbortReason,
  AnnotationShape,
  AssistantMessage,
  AttemptRecord,
  Code,
  Event,
  FinishReason,
  Kind,
  MediaShape,
  ToolCallShape,
  UsageTotals,
} from "./events.js";

export type WorkerMessage =
  Reply | Events | HealthNews | HostCall | CallCancel | CallCredit | Blocking | Conversation | Notice | Recorded;
export type HostCall =
  | ToolHostCall
  | ToolVersionHostCall
  | HookHostCall
  | ModelHostCall
  | EmbedHostCall
  | FetchHostCall
  | CodeRunHostCall
  | CodeMissingHostCall
  | CodeAnswerHostCall;
export type BootMessage = Progress | Ready | BootFailed;
/**
 * The stages of starting, in order. `worker` lasts until the worker's first message. `snapshot` is Python with its packages from a snapshot of its memory; `pyodide` and `packages` replace it without one, and follow it if it fails.
 */
export type Stage = "worker" | "check" | "snapshot" | "pyodide" | "packages" | "runtime";
export type PageMessage = Command | Piece;
export type CodePiece = CodeOutput | CodeCall;
/**
 * No parameters.
 */
export type Nothing = Record<string, never>;

/**
 * Everything that crosses the line.
 */
export interface Protocol {
  boot: Boot;
  from_worker: WorkerMessage | BootMessage;
  from_page: PageMessage;
  fetch_head: FetchHead;
  code_piece: CodePiece;
  code_end: CodeEnd;
  ping: Ping;
  pong: Pong;
  restarted: RuntimeRestarted;
  commands: Commands;
  results: Results;
}
/**
 * From the page: start Python from the folder `indexURL`. `snapshot: false` does without the memory snapshot.
 *
 * `build` is the id of the page's build. A worker of another build refuses to start.
 */
export interface Boot {
  type: "boot";
  indexURL: string;
  build: string;
  snapshot?: boolean;
}
/**
 * The answer to the command `id` (null if that could not be read): `error`, or the command's `Results`.
 */
export interface Reply {
  type: "reply";
  id: number | null;
  result?: unknown;
  error?: ErrorFacts;
}
/**
 * An error, as `SparewheelError.to_dict` gives it.
 */
export interface ErrorFacts {
  message: string;
  kind: Kind;
  code: Code;
  hint: string;
  retryable: boolean;
  attempts: AttemptRecord[];
  status?: number;
  provider?: string;
  model?: string;
  key_requests?: KeyRequest[];
  missing_keys?: MissingKey[];
}
/**
 * A key, in env under `name`, that a file would send to a host which is not its own and `allowHosts` does not name.
 *
 * `vendor` is "" for a key that is no vendor's: its own host is then that of the entry that names it.
 */
export interface KeyRequest {
  name: string;
  vendor: string;
  host: string;
}
/**
 * A key that env lacks under `name`: `models` (`provider/model`) are skipped without it.
 *
 * `vendor` is a name of the known providers, "" for a key that is no vendor's.
 */
export interface MissingKey {
  name: string;
  vendor: string;
  models: string[];
}
/**
 * Events of a session, in order: all that one network chunk has brought.
 */
export interface Events {
  type: "events";
  session: string;
  events: Event[];
}
/**
 * A change that other tabs of the origin should know.
 */
export interface HealthNews {
  type: "health";
  entry: HealthEntry;
}
/**
 * The state of a model or an account (`name`), for other tabs of the origin. 0 `seconds`: it works again.
 */
export interface HealthEntry {
  name: string;
  seconds: number;
  kind?: Kind;
  told?: boolean;
}
export interface ToolHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "tool";
  session: string;
  input: ToolRequest;
}
/**
 * A call of one of the session's tools. `args` have been checked against the tool's schema.
 *
 * `version` is that of the function that was approved, empty if no approval was needed. No other one may run.
 * `idempotency_key` is the same when the call runs again after a crash.
 */
export interface ToolRequest {
  name: string;
  args: {
    [k: string]: unknown;
  };
  call_id: string;
  version: string;
  idempotency_key: string;
}
export interface ToolVersionHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "tool_version";
  session: string;
  input: ToolVersionRequest;
}
/**
 * Which version of a tool's function the page has now: a text that differs for every function.
 */
export interface ToolVersionRequest {
  name: string;
}
export interface HookHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "hook";
  session: string;
  input: HookRequest;
}
/**
 * A hook to run. `index` is the function's place in `createSession({hooks})`, `input` is what it is given.
 */
export interface HookRequest {
  event: string;
  index: number;
  input: {
    [k: string]: unknown;
  };
}
export interface ModelHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "model";
  input: ModelRequest;
}
/**
 * A request to the model `model` of `createRuntime({models})`. Each piece of the answer is text.
 */
export interface ModelRequest {
  model: string;
  messages: PageModelMessage[];
}
/**
 * A message for a model of the page.
 */
export interface PageModelMessage {
  role: "system" | "user" | "assistant";
  content: string;
}
export interface EmbedHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "embed";
  input: EmbedRequest;
}
/**
 * Texts for the function `embed` of the model `model` of `createRuntime({models})`. The result is `number[][]`.
 */
export interface EmbedRequest {
  model: string;
  texts: string[];
}
export interface FetchHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "fetch";
  input: FetchRequest;
}
/**
 * An HTTP request for `createRuntime({fetch})`. The first piece is a `FetchHead`, the others are bytes.
 */
export interface FetchRequest {
  url: string;
  method: string;
  headers: {
    [k: string]: string;
  };
  redirect: "error" | "follow";
  body?: string;
}
export interface CodeRunHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "code_run";
  session: string;
  input: CodeRunRequest;
}
/**
 * Python code for the sandbox. `files` are base64 by path. `keep`: in the state that the last such run has left.
 *
 * Each piece is a `CodePiece`, the result is a `CodeEnd`. Without a sandbox the call fails with the kind
 * `code_unavailable`.
 */
export interface CodeRunRequest {
  code: string;
  files: {
    [k: string]: string;
  };
  keep: boolean;
  functions: CodeFunction[];
  packages: CodePackage[];
  limits: CodeLimits;
}
/**
 * A function that the code may call. `args` are the names of its parameters, in order.
 */
export interface CodeFunction {
  name: string;
  doc: string;
  args?: string[];
}
/**
 * A wheel. `file` is its URL, which may be relative to the folder `pyodide/`.
 */
export interface CodePackage {
  name: string;
  file: string;
  sha256: string;
}
/**
 * What a run of code may take. `output_chars` is of what it prints, `files` and `file_bytes` of what it leaves.
 *
 * `memory_mb` bounds Python's own memory, which has about 50 MB at the start.
 */
export interface CodeLimits {
  time_ms: number;
  output_chars: number;
  memory_mb: number;
  files: number;
  file_bytes: number;
}
export interface CodeMissingHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "code_missing";
  input: null;
}
export interface CodeAnswerHostCall {
  type: "call";
  call: number;
  credit: number;
  what: "code_answer";
  session: string;
  input: CodeAnswerRequest;
}
/**
 * The result of a call of the code: a `value`, or an `error`, which is raised there.
 *
 * `run` is the number of the host call, `id` that of the code's call. The result is whether the code still waits.
 */
export interface CodeAnswerRequest {
  run: number;
  id: number;
  value?: unknown;
  error?: string;
}
/**
 * The answer is no longer wanted.
 *
 * `linger`: the worker has read what it needs, so the answer may be given a moment to end by itself.
 */
export interface CallCancel {
  type: "call_cancel";
  call: number;
  linger: boolean;
}
/**
 * The page may send `pieces` more pieces.
 */
export interface CallCredit {
  type: "call_credit";
  call: number;
  pieces: number;
}
/**
 * The worker may be kept from answering for so many seconds, by a Python tool or a download; 0: it is not.
 */
export interface Blocking {
  type: "blocking";
  seconds: number;
}
/**
 * What the session's conversation holds from message number `start` on, after a turn or a restart.
 *
 * The page keeps it, to create the session again if the worker dies.
 */
export interface Conversation {
  type: "conversation";
  session: string;
  start: number;
  messages: ChatMessage[];
}
/**
 * A message of a conversation. `tool_call_id` names the call that a `tool` message answers.
 */
export interface ChatMessage {
  role: "system" | "user" | "assistant" | "tool";
  content: string | (TextPart | ImagePart | FilePart)[];
  reasoning?: string;
  tool_calls?: ToolCallShape[];
  tool_call_id?: string;
  media?: MediaShape[];
  annotations?: AnnotationShape[];
}
export interface TextPart {
  type: "text";
  text: string;
}
export interface ImagePart {
  type: "image_url";
  image_url: ImageUrl;
}
export interface ImageUrl {
  url: string;
}
/**
 * A picture, a PDF or a text, in a message of the user.
 */
export interface FilePart {
  type: "file";
  file: FileShape;
}
/**
 * A file of a prompt. `size` is in bytes. A text has `text`; another file has base64 in `data`.
 *
 * From a page the bytes may come as `blob`, of any kind of file. `name` is for people and models, and is no path.
 */
export interface FileShape {
  mime_type?: string;
  name?: string;
  size?: number;
  text?: string;
  data?: string;
  blob?: Blob;
}
/**
 * An event of a session that stands outside of its turns, for its listener.
 */
export interface Notice {
  type: "notice";
  session: string;
  event: TitleEvent | DriverChanged;
}
/**
 * The conversation has got a title: one line of at most 80 characters. It stands outside a turn.
 */
export interface TitleEvent {
  type: "title";
  turn: null;
  seq: null;
  title: string;
}
/**
 * For the listener of a session: another tab drives it now (`read_only`), or this one does.
 *
 * It stands outside a turn.
 */
export interface DriverChanged {
  type: "driver";
  turn: null;
  seq: null;
  read_only: boolean;
}
/**
 * A line of the recording that the command `record` has begun, without its line end.
 */
export interface Recorded {
  type: "recorded";
  line: string;
}
/**
 * How far starting has come.
 *
 * `done` and `total` are bytes received in this stage and expected, where known; `ms` is the time since the worker
 * began to start.
 */
export interface Progress {
  type: "progress";
  stage: Stage;
  message: string;
  ms: number;
  done?: number;
  total?: number;
}
/**
 * Commands are handled from now on; starting took `ms` milliseconds.
 */
export interface Ready {
  type: "ready";
  ms: number;
}
/**
 * Python could not be started. `hint` is what the reader can do about it.
 *
 * `final`: a start without the snapshot would fail as well.
 */
export interface BootFailed {
  type: "boot_failed";
  stage: Stage;
  reason: string;
  hint: string;
  final?: boolean;
}
/**
 * From the page: `method` is one of `Commands`, which has the type of its `params`.
 */
export interface Command {
  id: number;
  method: string;
  params: {
    [k: string]: unknown;
  };
}
/**
 * From the page: a piece of the answer to a host call.
 *
 * It holds a `value` or `bytes` (base64). `done` marks the last piece, whose `value` is the result. A failed call ends
 * with `error`, the text of what was thrown, and a `kind` where the page has one.
 */
export interface Piece {
  type: "piece";
  call: number;
  value?: unknown;
  bytes?: string;
  done?: true;
  error?: string;
  kind?: string;
}
/**
 * Status and headers of an answer. `url` is where it came from if redirects were followed, else empty.
 */
export interface FetchHead {
  status: number;
  url: string;
  headers: {
    [k: string]: string;
  };
}
/**
 * Text that the code has printed.
 */
export interface CodeOutput {
  type: "output";
  stream: "stdout" | "stderr";
  text: string;
}
/**
 * A call of one of the functions.
 */
export interface CodeCall {
  type: "call";
  id: number;
  name: string;
  args: {
    [k: string]: unknown;
  };
}
/**
 * How a run has ended. `result` is None unless `status` is `done`; then `detail` is why, as half a sentence.
 *
 * `died`: Python has ended, or has sent something that is not a message. With every status but `done`, a kept state is
 * lost.
 */
export interface CodeEnd {
  status: "done" | "time" | "memory" | "output" | "died" | "stopped";
  result: CodeResult | null;
  detail: string;
}
/**
 * The result of a run. The code may have written anything into it; the page has checked shapes and sizes.
 *
 * `exit` is the call that has ended it, `left_out` the names of files and plots that were too much, `run` counts the
 * runs that share a state.
 */
export interface CodeResult {
  value: CodeShown | null;
  exit: string | null;
  error: CodeError | null;
  shown: CodeShown[];
  plots: CodePlot[];
  files: CodeFile[];
  left_out: string[];
  run: number | null;
}
/**
 * A value as text, or as a table in Markdown.
 */
export interface CodeShown {
  kind: "text" | "markdown";
  text: string;
}
/**
 * What the code raised. `text` is the traceback, `line` that of the code, None if it has none.
 */
export interface CodeError {
  type: string;
  message: string;
  text: string;
  line: number | null;
}
/**
 * A picture, in base64.
 */
export interface CodePlot {
  mime: string;
  data: string;
  name: string;
}
/**
 * A file that the code has left, in base64.
 */
export interface CodeFile {
  path: string;
  data: string;
}
/**
 * From the page, as an object, at any time after the start: does the worker's event loop run?
 */
export interface Ping {
  type: "ping";
}
/**
 * The answer to a `Ping`, as an object.
 */
export interface Pong {
  type: "pong";
}
/**
 * For listeners of the page: a worker that died was replaced; these sessions are created again when used.
 *
 * It stands outside a turn. A conversation goes on after its last completed turn; approvals that were granted, todos,
 * plans and files of the session are lost.
 */
export interface RuntimeRestarted {
  type: "runtime_restarted";
  turn: null;
  seq: null;
  reason: string;
  sessions: string[];
}
/**
 * The parameters of each command.
 *
 * `online`: the browser's network is back; `offline`: it is gone. `use_page_fetch`: from now on the page makes the
 * requests. `flush`: write now what is to be stored, because the page may go away.
 */
export interface Commands {
  parse_config: AgentFile;
  list_agents: AgentFile;
  create_session: CreateSession;
  chat: Chat;
  send: Send;
  resume: Resume;
  resolve: Resolve;
  confirm: Confirm;
  respond: Respond;
  abort: Abort;
  restart: OfSession;
  update: Update;
  prefer: Prefer;
  skip: Skip;
  export: OfSession;
  chain: OfSession;
  prompts: OfSession;
  fill_prompt: FillPrompt;
  code_setup: SetUpCode;
  close: OfSession;
  online: Nothing;
  offline: Nothing;
  health: MergeHealth;
  known_health: Nothing;
  use_page_fetch: Nothing;
  record: SetRecording;
  replay: UseRecording;
  trace_log: TraceLog;
  trace_to: TraceTo;
  use_store: UseStore;
  list_sessions: Nothing;
  open_session: OpenSession;
  rename_session: RenameSession;
  delete_session: StoredSession;
  export_session: ExportSession;
  import_session: ImportSession;
  fork_session: ForkSession;
  messages: OfSession;
  take_over: TakeOver;
  flush: Nothing;
}
export interface AgentFile {
  yaml: string;
}
export interface CreateSession {
  /**
   * The agent file.
   */
  yaml: string;
  /**
   * Which agent of the file; default: the first.
   */
  agentName?: string;
  /**
   * Keys and other variables that the agent file names. Kept in memory, for this session only.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Hosts that may get a vendor's key beside the vendor's own: `host`, `host:port` or `*.host`.
   *
   * @maxItems 100
   */
  allowHosts?: string[];
  /**
   * URL of an index (PEP 503) from which Python tools and code may get packages that have no hash in the file; code also from a lock file of Pyodide (`.json`). Relative to the assets' folder. Default: none.
   */
  packageIndex?: string;
  /**
   * Functions of this page that the model may call, by name: at most 64 letters, digits, `_` and `-`.
   */
  tools?: {
    [k: string]: ToolSpec;
  };
  /**
   * Functions of this page that run at points of a turn.
   */
  hooks?: HookSpec[];
  /**
   * Run every tool without asking. Default: false.
   */
  autoApprove?: boolean;
  /**
   * Seconds until a tool call that waits for approval is rejected. Default: 300.
   */
  approvalTimeout?: number;
  /**
   * Whether a user can answer `tool_confirmation` and `elicitation`; else both are declined at once. Default: whether there is a listener, or the turn is being streamed.
   */
  interactive?: boolean;
  /**
   * Report each HTTP request to a model in a `request` event, without secrets. Default: false.
   */
  trace?: boolean;
  /**
   * Texts by path, at most 1000 and 8 MiB in total, for the keys of the agent file that name files: `instruction_file`, `add_prompt_files`, and `file` of toolsets of type `python`; and for toolsets of type `rag`, whose tool searches them. Nothing else reads them.
   */
  documents?: {
    [k: string]: string;
  };
  files?: Files;
  /**
   * The https address of an egress proxy of yours. It makes the requests of `fetch`, `api`, `openapi` and remote MCP toolsets, with their keys, for servers that do not allow web pages (CORS); not those of toolsets with `allow_private_ips`, nor those to models. `docs/egress-proxy.md` has what it must do. Default: none; the browser makes the requests.
   */
  toolProxy?: string;
  /**
   * The address of the page to which an authorization server sends the user back after a sign-in to a remote MCP server: `oauth.html` of the assets, or one of your own. Without it, such a sign-in fails.
   */
  oauthRedirectURI?: string;
  /**
   * Python functions as tools: the text of a file, or the options of a toolset of type `python`.
   */
  python?:
    | string
    | {
        [k: string]: unknown;
      };
  session: string;
  /**
   * The name under which the store keeps the session; default: a new one.
   */
  id?: string;
  /**
   * Its title. Default: the beginning of the first prompt; after the first answer the title that the agent's `title_model` gives, or one of its own models if the store outlives the page.
   */
  title?: string;
  /**
   * Messages to begin with.
   */
  history?: ChatMessage[];
  /**
   * It was there before the worker was replaced, perhaps without a key.
   */
  again?: boolean;
}
/**
 * A function of the page that the model may call.
 */
export interface ToolSpec {
  /**
   * For the model: what the tool does, and when to use it.
   */
  description: string;
  /**
   * JSON schema of the arguments, of type "object". Default: no arguments. They are checked before `execute` runs.
   */
  parameters?: {
    [k: string]: unknown;
  };
  /**
   * It changes nothing, so it needs no approval. Default: false.
   */
  readOnly?: boolean;
  /**
   * Seconds until the call is given up. Default: 120.
   */
  timeout?: number;
}
/**
 * A hook of the page. `index` is the number of its function.
 */
export interface HookSpec {
  event: string;
  index: number;
  matcher?: string;
}
/**
 * Where the tools of a `filesystem` toolset keep files: `{host: "session"}` is the storage of the session. Default: the toolset is refused.
 */
export interface Files {
  host: "session";
}
export interface Chat {
  /**
   * The agent file.
   */
  yaml: string;
  /**
   * Which agent of the file; default: the first.
   */
  agentName?: string;
  /**
   * Keys and other variables that the agent file names. Kept in memory, for this session only.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Hosts that may get a vendor's key beside the vendor's own: `host`, `host:port` or `*.host`.
   *
   * @maxItems 100
   */
  allowHosts?: string[];
  /**
   * URL of an index (PEP 503) from which Python tools and code may get packages that have no hash in the file; code also from a lock file of Pyodide (`.json`). Relative to the assets' folder. Default: none.
   */
  packageIndex?: string;
  /**
   * Functions of this page that the model may call, by name: at most 64 letters, digits, `_` and `-`.
   */
  tools?: {
    [k: string]: ToolSpec;
  };
  /**
   * Functions of this page that run at points of a turn.
   */
  hooks?: HookSpec[];
  /**
   * Run every tool without asking. Default: false.
   */
  autoApprove?: boolean;
  /**
   * Seconds until a tool call that waits for approval is rejected. Default: 300.
   */
  approvalTimeout?: number;
  /**
   * Whether a user can answer `tool_confirmation` and `elicitation`; else both are declined at once. Default: whether there is a listener, or the turn is being streamed.
   */
  interactive?: boolean;
  /**
   * Report each HTTP request to a model in a `request` event, without secrets. Default: false.
   */
  trace?: boolean;
  /**
   * Texts by path, at most 1000 and 8 MiB in total, for the keys of the agent file that name files: `instruction_file`, `add_prompt_files`, and `file` of toolsets of type `python`; and for toolsets of type `rag`, whose tool searches them. Nothing else reads them.
   */
  documents?: {
    [k: string]: string;
  };
  files?: Files1;
  /**
   * The https address of an egress proxy of yours. It makes the requests of `fetch`, `api`, `openapi` and remote MCP toolsets, with their keys, for servers that do not allow web pages (CORS); not those of toolsets with `allow_private_ips`, nor those to models. `docs/egress-proxy.md` has what it must do. Default: none; the browser makes the requests.
   */
  toolProxy?: string;
  /**
   * The address of the page to which an authorization server sends the user back after a sign-in to a remote MCP server: `oauth.html` of the assets, or one of your own. Without it, such a sign-in fails.
   */
  oauthRedirectURI?: string;
  /**
   * Python functions as tools: the text of a file, or the options of a toolset of type `python`.
   */
  python?:
    | string
    | {
        [k: string]: unknown;
      };
  session: string;
  /**
   * The conversation so far; the last message is the user's.
   */
  messages: ChatMessage[];
  /**
   * `outcome`: only `usage` and the last event, together, when the turn has ended.
   */
  events?: "all" | "outcome";
}
/**
 * Where the tools of a `filesystem` toolset keep files: `{host: "session"}` is the storage of the session. Default: the toolset is refused.
 */
export interface Files1 {
  host: "session";
}
/**
 * Run a turn.
 */
export interface Send {
  session: string;
  interactive?: boolean;
  model?: string;
  fault?:
    | "rate_limit"
    | "overloaded"
    | "server_error"
    | "network"
    | "network_or_cors"
    | "offline"
    | "stream_truncated"
    | "timeout_connect"
    | "timeout_first_content"
    | "timeout_idle"
    | "quota"
    | "auth"
    | "permission"
    | "model_not_found"
    | "invalid_request"
    | "unsupported"
    | "context_overflow"
    | "refusal"
    | "content_filter"
    | "empty_output"
    | "unknown";
  prompt: string | (TextPart | ImagePart | FilePart)[];
}
/**
 * Go on with the last turn, which was interrupted or has failed.
 */
export interface Resume {
  session: string;
  interactive?: boolean;
  model?: string;
  fault?:
    | "rate_limit"
    | "overloaded"
    | "server_error"
    | "network"
    | "network_or_cors"
    | "offline"
    | "stream_truncated"
    | "timeout_connect"
    | "timeout_first_content"
    | "timeout_idle"
    | "quota"
    | "auth"
    | "permission"
    | "model_not_found"
    | "invalid_request"
    | "unsupported"
    | "context_overflow"
    | "refusal"
    | "content_filter"
    | "empty_output"
    | "unknown";
}
/**
 * The user's decision on the call `id`, of which it is not known whether it has had its effect.
 *
 * `done`: it has, with this `result` if it is known; `again`: run it; `skip`: do not.
 */
export interface Resolve {
  session: string;
  id: string;
  decision: "done" | "again" | "skip";
  result?: string;
}
/**
 * The user's decision on the tool call `id`; default: the one that has waited longest.
 *
 * `arguments` replace those of the call: an object, or its JSON text, which keeps every number as it is written.
 */
export interface Confirm {
  session: string;
  decision: "approve" | "approve_tool" | "approve_read_only" | "approve_all" | "reject";
  id?: string;
  toolName?: string;
  reason?: string;
  arguments?:
    | string
    | {
        [k: string]: unknown;
      };
}
/**
 * The user's answer to the elicitation `id`.
 */
export interface Respond {
  session: string;
  id: string;
  action: "accept" | "decline" | "cancel";
  content?: {
    [k: string]: unknown;
  };
}
/**
 * Stop the turn of a session, or of every one. `consumer`: the program that read the events stopped reading.
 */
export interface Abort {
  session?: string;
  reason?: AbortReason;
}
export interface OfSession {
  session: string;
}
/**
 * Go on with another agent file, other keys or another agent. What is not given stays as it is.
 *
 * A turn that runs ends first. If the file cannot run, nothing changes.
 */
export interface Update {
  session: string;
  yaml?: string;
  env?: {
    [k: string]: string;
  };
  agentName?: string;
  /**
   * @maxItems 100
   */
  allowHosts?: string[];
  documents?: {
    [k: string]: string;
  };
}
/**
 * Ask `model` first, from the next step on. null: as the agent file has it.
 */
export interface Prefer {
  session: string;
  model?: string;
}
/**
 * Do not ask `model` from the next step on; `skip: false`: ask it again.
 */
export interface Skip {
  session: string;
  model: string;
  skip?: boolean;
}
/**
 * A prompt of an MCP server of the agent, filled in.
 */
export interface FillPrompt {
  session: string;
  server: string;
  name: string;
  arguments?: {
    [k: string]: string;
  };
}
/**
 * What the page's own run of this code is given by the code toolset; None if no agent has one.
 */
export interface SetUpCode {
  session: string;
  code: string;
}
/**
 * What another tab of the origin has told: a `HealthEntry`, perhaps of another version.
 */
export interface MergeHealth {
  entry: unknown;
}
/**
 * Record what sessions send and get from now on, as `recorded` messages; `on: false`: no longer.
 */
export interface SetRecording {
  on: boolean;
}
/**
 * Answer every request with a recording from now on; none leaves. `timed`: at the times of the recording.
 */
export interface UseRecording {
  recording: string;
  timed?: boolean;
}
/**
 * The spans of a log: events, each after the time (ms since 1970) at which it came.
 *
 * The result is a document for Perfetto and Chrome (`chrome`), or for collectors of OpenTelemetry (`otlp`).
 */
export interface TraceLog {
  /**
   * @maxItems 200000
   */
  log: [unknown, unknown][];
  format?: "chrome" | "otlp";
  contents?: boolean;
}
/**
 * Send the spans of every turn to a collector of OpenTelemetry from now on. `contents`: with what was said.
 */
export interface TraceTo {
  url: string;
  contents?: boolean;
}
/**
 * Where sessions are kept from now on. `name` is that of the database.
 */
export interface UseStore {
  kind: "memory" | "indexeddb";
  name?: string;
}
/**
 * Open the stored session `id`. `yaml` replaces the agent file that it was created with.
 */
export interface OpenSession {
  /**
   * The agent file; default: the stored one.
   */
  yaml?: string;
  /**
   * Which agent of the file; default: the first.
   */
  agentName?: string;
  /**
   * Keys and other variables that the agent file names. Kept in memory, for this session only.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * Hosts that may get a vendor's key beside the vendor's own: `host`, `host:port` or `*.host`.
   *
   * @maxItems 100
   */
  allowHosts?: string[];
  /**
   * URL of an index (PEP 503) from which Python tools and code may get packages that have no hash in the file; code also from a lock file of Pyodide (`.json`). Relative to the assets' folder. Default: none.
   */
  packageIndex?: string;
  /**
   * Functions of this page that the model may call, by name: at most 64 letters, digits, `_` and `-`.
   */
  tools?: {
    [k: string]: ToolSpec;
  };
  /**
   * Functions of this page that run at points of a turn.
   */
  hooks?: HookSpec[];
  /**
   * Run every tool without asking. Default: false.
   */
  autoApprove?: boolean;
  /**
   * Seconds until a tool call that waits for approval is rejected. Default: 300.
   */
  approvalTimeout?: number;
  /**
   * Whether a user can answer `tool_confirmation` and `elicitation`; else both are declined at once. Default: whether there is a listener, or the turn is being streamed.
   */
  interactive?: boolean;
  /**
   * Report each HTTP request to a model in a `request` event, without secrets. Default: false.
   */
  trace?: boolean;
  /**
   * Texts by path, at most 1000 and 8 MiB in total, for the keys of the agent file that name files: `instruction_file`, `add_prompt_files`, and `file` of toolsets of type `python`; and for toolsets of type `rag`, whose tool searches them. Nothing else reads them.
   */
  documents?: {
    [k: string]: string;
  };
  files?: Files2;
  /**
   * The https address of an egress proxy of yours. It makes the requests of `fetch`, `api`, `openapi` and remote MCP toolsets, with their keys, for servers that do not allow web pages (CORS); not those of toolsets with `allow_private_ips`, nor those to models. `docs/egress-proxy.md` has what it must do. Default: none; the browser makes the requests.
   */
  toolProxy?: string;
  /**
   * The address of the page to which an authorization server sends the user back after a sign-in to a remote MCP server: `oauth.html` of the assets, or one of your own. Without it, such a sign-in fails.
   */
  oauthRedirectURI?: string;
  /**
   * Python functions as tools: the text of a file, or the options of a toolset of type `python`.
   */
  python?:
    | string
    | {
        [k: string]: unknown;
      };
  session: string;
  id: string;
  /**
   * It was open before the worker was replaced: a stored file is the newest.
   */
  again?: boolean;
}
/**
 * Where the tools of a `filesystem` toolset keep files: `{host: "session"}` is the storage of the session. Default: the toolset is refused.
 */
export interface Files2 {
  host: "session";
}
export interface RenameSession {
  id: string;
  title: string;
}
/**
 * A session in the store, which need not be open.
 */
export interface StoredSession {
  id: string;
}
export interface ExportSession {
  id: string;
  format?: "json" | "markdown";
}
/**
 * A document of `export_session`: JSON text, or its value.
 */
export interface ImportSession {
  document: unknown;
}
/**
 * Add a session with the conversation of this one before `turn`; default: with all of it.
 */
export interface ForkSession {
  id: string;
  turn?: string;
  title?: string;
}
/**
 * `if_free`: only if no other driver has the session; the reply tells whether one has (`read_only`).
 */
export interface TakeOver {
  session: string;
  if_free?: boolean;
}
/**
 * The result of each command.
 */
export interface Results {
  parse_config: ParsedConfig;
  list_agents: AgentSummary[];
  create_session: SessionCreated;
  chat: Result;
  send: Result;
  resume: Result;
  resolve: null;
  confirm: null;
  respond: null;
  abort: null;
  restart: null;
  update: SessionCreated;
  prefer: ModelChoices;
  skip: ModelChoices;
  export: {
    [k: string]: unknown;
  };
  chain: ChainState;
  prompts: ServerPrompt[];
  fill_prompt: (TextPart | FilePart)[];
  code_setup: CodeSetup | null;
  close: null;
  online: null;
  offline: null;
  health: null;
  known_health: HealthEntry[];
  use_page_fetch: null;
  record: null;
  replay: null;
  trace_log: {
    [k: string]: unknown;
  };
  trace_to: null;
  use_store: null;
  list_sessions: SessionRow[];
  open_session: SessionCreated;
  rename_session: null;
  delete_session: null;
  export_session:
    | {
        [k: string]: unknown;
      }
    | string;
  import_session: SessionRow;
  fork_session: SessionRow;
  messages: ChatMessage[];
  take_over: SessionCreated;
  flush: null;
}
/**
 * What an agent file holds. `key_line` is the line of what looks like a key, which should not be in it, or null.
 */
export interface ParsedConfig {
  version: string;
  agents: AgentOverview[];
  models: {
    [k: string]: ModelOverview;
  };
  reach: Reach;
  key_line: number | null;
}
export interface AgentOverview {
  name: string;
  description: string;
  model: string;
  instruction: string;
  sub_agents: string[];
  handoffs: string[];
  add_date: boolean;
  add_env_info: boolean;
  fallback: FallbackModels;
}
export interface FallbackModels {
  models: string[];
}
export interface ModelOverview {
  provider: string;
  model: string;
  base_url: string;
}
/**
 * What a file may reach if it is run, with any env: for a person who decides whether to run it.
 *
 * `hosts` have their port if it is not the usual one; where env decides the host, it is the address as it is written.
 * `python` is source code that runs in the tab, `unasked` the tool calls that run without approval (`*`: all).
 */
export interface Reach {
  models: string[];
  hosts: string[];
  any_host: boolean;
  keys: KeyReach[];
  toolsets: ToolsetReach[];
  python: string[];
  packages: string[];
  unasked: string[];
}
/**
 * A value of env that the file asks for, and where it is sent; no `hosts`: it is put into texts or addresses.
 */
export interface KeyReach {
  name: string;
  hosts: string[];
}
/**
 * A source of tools. `any_host`: it may request any host; else only `hosts`.
 */
export interface ToolsetReach {
  type: string;
  name: string;
  hosts: string[];
  any_host: boolean;
}
export interface AgentSummary {
  name: string;
  description: string;
  model: string;
  instruction: string;
}
/**
 * `id` is the name of the session in the store, `messages` how many its conversation has already.
 *
 * `read_only`: another tab drives it.
 */
export interface SessionCreated {
  id: string;
  title: string;
  messages: number;
  restored?: Restored;
  read_only?: boolean;
  agent: string;
  models: string[];
  agents: string[];
  welcome_message: string;
  warnings: string[];
  missing_keys: MissingKey[];
  choices: ModelChoices;
  commands: {
    [k: string]: AgentCommand;
  };
}
/**
 * For the listener of a session that was opened from the store: turn `interrupted` has no end.
 *
 * It stands outside a turn. `partial` is the text that its last step had shown.
 */
export interface Restored {
  type: "restored";
  turn: null;
  seq: null;
  interrupted: string;
  partial: string;
  state: "interrupted" | "in_doubt";
}
/**
 * The models of a session that the user has chosen, by `provider/model`: the first one, and those left out.
 */
export interface ModelChoices {
  preferred: string | null;
  skipped: string[];
}
/**
 * A command of the agent file: a prompt (`instruction`), perhaps for another agent, or a `url` to open.
 */
export interface AgentCommand {
  description?: string;
  instruction?: string;
  agent?: string;
  url?: string;
}
/**
 * What a turn came to. `model` is the one that answered, as `provider/model`.
 */
export interface Result {
  message: AssistantMessage;
  usage?: UsageTotals;
  model: string;
  finish_reason: FinishReason;
  attempts: AttemptRecord[];
}
/**
 * The chain of each agent, in the order in which its models are asked. `agent` is the one that answers next.
 */
export interface ChainState {
  agent: string;
  agents: {
    [k: string]: ChainModel[];
  };
}
/**
 * A model of a chain, and what would happen to it now: it is asked, rests, lacks its key, or the user skips it.
 *
 * `kind` and `reason` are why it is not asked, `wait_ms` for how long: 0 if it is ready, None until its key changes.
 * `host` is where it would be asked, "" if the runtime or the page answers itself. `local`: here, on this machine or
 * in its private network. `price` is None if it is not known.
 */
export interface ChainModel {
  model: string;
  state: "ready" | "resting" | "no_key" | "skipped";
  wait_ms: number | null;
  kind?: Kind;
  reason?: string;
  host: string;
  local: boolean;
  price: TokenPrice | null;
}
/**
 * US dollars for a million tokens.
 */
export interface TokenPrice {
  input: number;
  output: number;
}
/**
 * A prompt of an MCP server, for a menu. `server` is the name of its toolset.
 */
export interface ServerPrompt {
  server: string;
  name: string;
  description: string;
  arguments: PromptArgument[];
}
export interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
}
/**
 * What the agent's code toolset gives to code: the wheels that it needs, and its limits.
 */
export interface CodeSetup {
  packages: CodePackage[];
  limits: CodeLimits;
}
/**
 * A session of the store. `created` and `updated` are ISO 8601 in UTC, `turns` counts those that have ended.
 *
 * `running`: a turn runs here; `interrupted`: a turn was begun and has no end; `in_doubt`: a call may or may not have
 * had its effect; `open_elsewhere`: another tab has the session.
 */
export interface SessionRow {
  id: string;
  title: string;
  agent: string;
  created: string;
  updated: string;
  turns: number;
  state: "idle" | "running" | "interrupted" | "in_doubt" | "open_elsewhere";
}
/**
 * Where files are kept that an agent file expects on a disk.
 */
export interface Files3 {
  host: "session";
}
