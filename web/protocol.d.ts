// Generated from runtime/sparewheel/page/protocol.py by `python -m bundle.typings`: change it there.
import type { AttemptRecord, Code, Event, Kind } from "./events.js";

export type WorkerMessage = Reply | Events | HealthNews | HostCall | CallCancel | CallCredit;
export type HostCall = ToolHostCall | HookHostCall | ModelHostCall | FetchHostCall;
export type BootMessage = Progress | Ready | BootFailed;
export type Stage = "worker" | "check" | "snapshot" | "pyodide" | "packages" | "runtime";
export type PageMessage = Command | Piece;

/**
 * Everything that crosses the line.
 */
export interface Protocol {
  boot: Boot;
  from_worker: WorkerMessage | BootMessage;
  from_page: PageMessage;
  fetch_head: FetchHead;
}
/**
 * From the page: start Python from the folder `indexURL`. `snapshot: false` does without the memory snapshot.
 */
export interface Boot {
  type: "boot";
  indexURL: string;
  snapshot?: boolean;
}
/**
 * The answer to the command `id` (null if that could not be read): `error`, or the command's result.
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
 */
export interface ToolRequest {
  name: string;
  args: {
    [k: string]: unknown;
  };
  call_id: string;
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
 */
export interface BootFailed {
  type: "boot_failed";
  stage: Stage;
  reason: string;
  hint: string;
}
/**
 * From the page: `params` are those of `method`.
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
