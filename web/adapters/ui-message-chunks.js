// Chunks of the UI message stream that one event gives, whatever came before it.

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("./ai-sdk.js").UIMessageChunk} Chunk
 */

/** Reported by a transient part `data-sparewheel`: they are of interest while the turn runs. */
export const REPORTED = new Set([
  "retry",
  "fallback",
  "hedge",
  "offline",
  "skipped",
  "compacted",
  "recovered",
  "resumed",
  "exhausted",
  "handoff",
  "connecting",
  "warning",
]);
/** @type {Record<string, string>} */
export const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  refusal: "content-filter",
  content_filter: "content-filter",
};

/**
 * @param {{attempt: number, index: number}} event
 * @param {"text" | "reasoning"} kind
 */
export const partId = ({ attempt, index }, kind) => `${attempt}.${index}.${kind}`;

/** @param {Record<string, unknown>} about */
export const metadata = (about) => ({ providerMetadata: { sparewheel: about } });

/**
 * @param {Event} event
 * @returns {Chunk}
 */
export const report = (event) => ({ type: "data-sparewheel", data: event, transient: true });

/** @param {Extract<Event, {type: "media"}>} event */
export function defaultFileUrl({ url, data, blob, mime_type }) {
  if (url !== undefined) return url;
  return blob ? URL.createObjectURL(blob) : `data:${mime_type};base64,${data ?? ""}`;
}

/**
 * @param {Extract<Event, {type: "annotation"}>} event
 * @param {number} number Of the sources of the message.
 * @returns {Chunk}
 */
export function sourceOf({ attempt, kind, url, title, quote, span, query }, number) {
  if (kind === "search") return { type: "data-sparewheel", data: { type: "search", query: query ?? "" }, transient: true };
  const sourceId = `source-${number}`;
  const about = metadata({ attempt, kind, ...(quote !== undefined && { quote }), ...(span && { span }) });
  if (url !== undefined) return { type: "source-url", sourceId, url, ...(title !== undefined && { title }), ...about };
  return { type: "source-document", sourceId, mediaType: "application/octet-stream", title: title ?? "", ...about };
}

/**
 * @param {import("../sparewheel.js").Folded} folded
 * @returns {import("./ai-sdk.js").SparewheelMetadata}
 */
export function aboutOf({ turn, agent, model, attempts, usage, cost, finish_reason, error }) {
  return {
    turn: turn ?? "",
    ...(agent !== null && { agent }),
    ...(model !== null && { model }),
    attempts: attempts.map(({ attempt, model, state, reason, kind, discarded }) => ({
      attempt,
      model,
      state,
      reason,
      kind,
      discarded,
    })),
    discarded: attempts.filter(({ discarded }) => discarded).map(({ attempt }) => attempt),
    usage,
    cost,
    ...(finish_reason !== null && { finish_reason }),
    ...(error && { error: { kind: error.kind, hint: error.hint, retryable: error.retryable } }),
  };
}
