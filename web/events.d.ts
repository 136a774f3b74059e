// Generated from runtime/sparewheel/events by `python -m bundle.typings`: change it there.

/**
 * What a listener receives.
 */
export type Event =
  | StartEvent
  | StepEvent
  | DeltaEvent
  | BlockStartEvent
  | BlockEndEvent
  | MediaEvent
  | AnnotationEvent
  | ToolCallDeltaEvent
  | ToolCallEvent
  | ToolConfirmationEvent
  | ConnectingEvent
  | ToolOutputEvent
  | InDoubtEvent
  | ToolResultEvent
  | ToolBlockedEvent
  | ElicitationEvent
  | HandoffEvent
  | RetryEvent
  | FallbackEvent
  | HedgeEvent
  | OfflineEvent
  | SkippedEvent
  | CompactedEvent
  | DiscardEvent
  | RecoveredEvent
  | RequestEvent
  | ResumedEvent
  | ExhaustedEvent
  | UsageEvent
  | WarningEvent
  | FinishEvent
  | ErrorEvent
  | AbortedEvent;
export type BlockKind = "text" | "reasoning" | "tool_call";
export type Kind =
  | "rate_limit"
  | "overloaded"
  | "server_error"
  | "network"
  | "network_or_cors"
  | "stream_truncated"
  | "timeout_connect"
  | "timeout_first_content"
  | "timeout_idle"
  | "timeout_turn"
  | "quota"
  | "no_key"
  | "auth"
  | "permission"
  | "model_not_found"
  | "invalid_request"
  | "unsupported"
  | "context_overflow"
  | "refusal"
  | "content_filter"
  | "empty_output"
  | "response_too_large"
  | "circuit_breaker"
  | "skipped"
  | "unknown"
  | "aborted"
  | "loop"
  | "guardrail"
  | "in_doubt"
  | "open_elsewhere"
  | "storage"
  | "config"
  | "internal";
export type Code =
  | "rate_limit"
  | "context_overflow"
  | "auth_error"
  | "network_error"
  | "server_error"
  | "model_error"
  | "circuit_breaker"
  | "unknown";
export type FinishReason =
  "stop" | "length" | "tool_calls" | "refusal" | "content_filter" | "tool_limit" | "max_steps" | "budget" | "other";
export type AbortReason = "user" | "consumer" | "dispose" | "restart";

/**
 * `resumed`: the turn goes on after it was interrupted or has failed; its answer starts anew.
 *
 * Its attempts go on counting. `attempt` is the number of the first one, if it is asked at once: no step was finished.
 *
 * `prompt` is there if another tab runs the turn; `model` is then the agent's first one.
 */
export interface StartEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "start";
  model: string;
  resumed?: boolean;
  attempt?: number;
  prompt?: string;
}
/**
 * A further step of the turn begins: the answer's text starts anew. The first step has no event of its own.
 */
export interface StepEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "step";
  step: number;
  model: string;
}
/**
 * A piece of the answer: `content` or `reasoning`, never both.
 */
export interface DeltaEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "delta";
  attempt: number;
  index: number;
  content?: string;
  reasoning?: string;
}
/**
 * A content block begins. `id` and `name` are those of a tool call.
 */
export interface BlockStartEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "block_start";
  attempt: number;
  index: number;
  kind: BlockKind;
  id?: string;
  name?: string;
}
/**
 * `content` is the whole block: its text, its reasoning, or the arguments of its tool call, named as in its start.
 *
 * The arguments need not be complete or valid JSON: a `tool_call` event follows only if they are.
 */
export interface BlockEndEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "block_end";
  attempt: number;
  index: number;
  kind: BlockKind;
  content: string;
  id?: string;
  name?: string;
}
/**
 * A picture, a sound or a file in the answer. It is a block of its own, without `block_start` and `block_end`.
 *
 * With `call_id` it is no part of the answer, but of the result of that call. `index` counts the media of that result,
 * and `attempt` is 0 if the call was made before the turn was interrupted.
 */
export interface MediaEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  mime_type: string;
  size: number | null;
  name?: string;
  data?: string;
  blob?: Blob;
  url?: string;
  type: "media";
  attempt: number;
  index: number;
  call_id?: string;
}
/**
 * What the answer cites, what a hosted search found, or what it looked for. `span` is in the attempt's text.
 *
 * `index` is the block that is open, or the next one.
 */
export interface AnnotationEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  kind: "citation" | "source" | "search";
  url?: string;
  title?: string;
  quote?: string;
  query?: string;
  span?: number[];
  type: "annotation";
  attempt: number;
  index: number;
}
/**
 * `arguments` is a fragment of JSON text: to be shown, never to be acted on.
 */
export interface ToolCallDeltaEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "tool_call_delta";
  attempt: number;
  index: number;
  id: string;
  name: string;
  arguments: string;
}
/**
 * The model asks for this call, its response being complete. `args` is the JSON text of an object.
 *
 * `sandboxed`: it runs in the code sandbox, without network, storage and keys.
 */
export interface ToolCallEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "tool_call";
  id: string;
  name: string;
  args: string;
  sandboxed?: boolean;
}
/**
 * The call waits until the user has approved it (`session.confirm`).
 *
 * `args` is the JSON text of what will run; characters that cannot be seen are escaped in it. `call_id` is the call's
 * id where `id` is another one, because the session has asked by the call's id before. `forced`: a rule, a hook or a
 * change of the arguments demands the question, so a permanent approval does not answer the next one of its kind.
 * `exclusive`: the step's calls after it wait until it is over.
 */
export interface ToolConfirmationEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "tool_confirmation";
  id: string;
  name: string;
  args: string;
  call_id?: string;
  forced?: boolean;
  exclusive?: boolean;
}
/**
 * Before a step, the servers of tools that are still being connected to; none: it is over, well or not.
 */
export interface ConnectingEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "connecting";
  servers: string[];
}
/**
 * How far a running call is.
 */
export interface ToolOutputEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "tool_output";
  id: string;
  name: string;
  output: string;
}
/**
 * A call of a resumed turn may have had its effect before it was interrupted (`session.resolve`).
 *
 * `args` is JSON text as in `tool_confirmation`. Without a decision the turn ends with an `error` of kind `in_doubt`.
 */
export interface InDoubtEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "in_doubt";
  id: string;
  name: string;
  args: string;
}
/**
 * The call is over, or the turn is. `output` is whole; the model may have been shown a part of it.
 */
export interface ToolResultEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "tool_result";
  id: string;
  name: string;
  output: string;
  is_error: boolean;
}
/**
 * The call was not run: a hook, the permissions or the user said no. Its `tool_result` follows.
 */
export interface ToolBlockedEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "tool_blocked";
  id: string;
  name: string;
  reason: string;
}
/**
 * A tool or a source of tools asks the user (`session.respondToElicitation`).
 *
 * In mode `form`, `schema` describes the content of an answer. In mode `url`, the user is to open `url`: https, or
 * http on this machine. With `sign_in`, the answer is sent when the user has come back to `oauthRedirectURI`, and its
 * content has the parameters of that address: `code`, `state`, and `iss` or `error` if they are there.
 */
export interface ElicitationEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "elicitation";
  id: string;
  message: string;
  mode: "form" | "url";
  schema: {
    [k: string]: unknown;
  };
  url?: string;
  sign_in?: SignIn;
}
/**
 * A sign-in to a server: `server` is its address, `state` that of the OAuth request.
 */
export interface SignIn {
  server: string;
  state: string;
}
/**
 * Agent `from` hands over to agent `to`; a transferred task comes back the same way.
 */
export interface HandoffEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  from: string;
  type: "handoff";
  to: string;
}
/**
 * The same model is asked again. `attempt` is the number of the attempt about to be made.
 *
 * `continues`: what was streamed stays, and the model is asked to go on from there.
 */
export interface RetryEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "retry";
  model: string;
  attempt: number;
  delay_ms: number;
  retrying_at: string;
  kind: Kind;
  code: Code;
  reason: string;
  status?: number;
  continues?: boolean;
}
/**
 * The next model of the chain is asked. `attempt` is the number of the attempt about to be made.
 *
 * `continues`: what was streamed stays, and the model is asked to go on from there.
 */
export interface FallbackEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  from: string;
  type: "fallback";
  to: string;
  attempt: number;
  delay_ms: number;
  kind: Kind;
  code: Code;
  reason: string;
  status?: number;
  continues?: boolean;
}
/**
 * `from` has shown nothing yet, so `to` is asked as well; the first to show content wins.
 */
export interface HedgeEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  from: string;
  type: "hedge";
  to: string;
  attempt: number;
  after_ms: number;
}
/**
 * The browser has no network. `model` is asked when it is back, or after `wait_ms`; no attempt is counted.
 */
export interface OfflineEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "offline";
  model: string;
  message: string;
  wait_ms: number;
}
/**
 * This model is not asked now: its breaker is open, or it cools down. `wait_ms` is None when it is not known.
 */
export interface SkippedEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "skipped";
  model: string;
  kind: Kind;
  code: Code;
  reason: string;
  wait_ms: number | null;
}
/**
 * The conversation did not fit the model's window; `dropped` of its messages were left out.
 */
export interface CompactedEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "compacted";
  model: string;
  attempt: number;
  dropped: number;
}
/**
 * What this attempt has streamed (`chars` characters of content and reasoning) is void.
 */
export interface DiscardEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "discard";
  attempt: number;
  chars: number;
}
/**
 * The primary answers again.
 */
export interface RecoveredEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "recovered";
  model: string;
}
/**
 * An HTTP request of attempt `attempt`, told when its response begins or it has failed; only with `trace`.
 *
 * `status` is None, and `response_headers` is empty, if there was no response. Of headers and query parameters that
 * may have a secret, only the length is told; response headers are those that the browser lets a page read.
 * `headers_ms` is the time until the headers of the response had arrived, or the request had failed. `body_bytes` is
 * the size of the request's body. With `call_id` a tool made it in that call, and `attempt` counts its tries.
 */
export interface RequestEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "request";
  model: string;
  attempt: number;
  call_id?: string;
  method: string;
  url: string;
  headers: {
    [k: string]: string;
  };
  body_bytes: number;
  status: number | null;
  response_headers: {
    [k: string]: string;
  };
  headers_ms: number;
}
/**
 * The stream of attempt `attempt` broke, or the page was reloaded, and the provider still has the response.
 *
 * What was streamed stays. `from_seq` is the `sequence_number` of the last event that had been read, None before the
 * first. `via`: the rest comes as a stream, or as a document once the response is complete.
 */
export interface ResumedEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "resumed";
  model: string;
  attempt: number;
  response_id: string;
  from_seq: number | null;
  via: "stream" | "document";
}
/**
 * No model is left. Always followed by `error`.
 */
export interface ExhaustedEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "exhausted";
  models_tried: string[];
  final_error: FinalError;
}
export interface FinalError {
  kind: Kind;
  code: Code;
  message: string;
  status?: number;
}
/**
 * What one attempt cost. `discarded`: its output was void, its tokens were not.
 *
 * `cached_tokens` were in the provider's cache, `written_tokens` were put there; `input_tokens` includes both.
 */
export interface UsageEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "usage";
  attempt: number;
  model: string;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  written_tokens: number | null;
  reasoning_tokens: number | null;
  context_length: number | null;
  context_limit: number | null;
  cost: number | null;
  discarded: boolean;
}
export interface WarningEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "warning";
  message: string;
}
/**
 * The turn is complete. `message` is the answer, `usage` what the whole turn used.
 *
 * `empty`: the message has neither text nor media.
 */
export interface FinishEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "finish";
  reason: FinishReason;
  model: string;
  message: AssistantMessage;
  usage: UsageTotals;
  empty?: boolean;
}
/**
 * The JSON shape of a model's answer.
 */
export interface AssistantMessage {
  role: "assistant";
  content: string;
  reasoning?: string;
  tool_calls?: ToolCallShape[];
  media?: MediaShape[];
  annotations?: AnnotationShape[];
}
/**
 * The JSON shape of a tool call.
 */
export interface ToolCallShape {
  id: string;
  type: "function";
  function: FunctionShape;
}
/**
 * `arguments` is JSON text, as the model wrote it.
 */
export interface FunctionShape {
  name: string;
  arguments: string;
}
/**
 * One of the media of an answer: a picture, a sound or a file. `size` is in bytes, None if it is not known.
 *
 * The bytes are in `blob` in JavaScript, and in `data` as base64 in Python, in JSON lines and in exported documents.
 * Media that a server only refers to have a `url` instead. `name` is the name of a file that a tool has written.
 */
export interface MediaShape {
  mime_type: string;
  size: number | null;
  name?: string;
  data?: string;
  blob?: Blob;
  url?: string;
}
/**
 * A `citation` (`span` of the text rests on it), a `source` that the answer is based on, or a hosted `search`.
 *
 * `span` is the start and the end (exclusive) in the text, in Unicode characters; JavaScript counts UTF-16 units, so
 * take `Array.from(text)`. `quote` is the cited passage, `query` what was searched for. `url` is http or https; a
 * file of the provider has only a title.
 */
export interface AnnotationShape {
  kind: "citation" | "source" | "search";
  url?: string;
  title?: string;
  quote?: string;
  query?: string;
  span?: number[];
}
/**
 * Sums over all attempts of a turn, discarded ones included. None where no attempt reported the number.
 */
export interface UsageTotals {
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  written_tokens: number | null;
  reasoning_tokens: number | null;
}
/**
 * The turn failed. `message` is the error's text.
 *
 * `partial_message` is what the step under way has shown and not discarded, None if nothing. `usage` is None if no
 * attempt reported any.
 */
export interface ErrorEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "error";
  message: string;
  kind: Kind;
  code: Code;
  hint: string;
  retryable: boolean;
  attempts: AttemptRecord[];
  partial_message: AssistantMessage | null;
  usage: UsageTotals | null;
  status?: number;
  provider?: string;
  model?: string;
}
/**
 * One HTTP request of a turn and what came of it. `simulated`: it was to fail (`fault`).
 */
export interface AttemptRecord {
  attempt: number;
  model: string;
  outcome: "ok" | "failed" | "aborted";
  kind?: Kind;
  code?: Code;
  status?: number;
  message?: string;
  hint?: string;
  simulated?: boolean;
}
/**
 * The turn was stopped: by the `user`, a `consumer` that stopped iterating, `dispose` or `restart`.
 *
 * `message` is what the step under way has shown and not discarded, None if nothing; `partial` is its text. `usage` is
 * None if no attempt reported any.
 */
export interface AbortedEvent {
  turn: string;
  seq: number;
  agent: string;
  task?: string;
  type: "aborted";
  reason: AbortReason;
  partial: string;
  message: AssistantMessage | null;
  usage: UsageTotals | null;
}
