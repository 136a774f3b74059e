// What of UI messages a session takes: prompts, answers to its questions, and the conversation before it.

/**
 * @typedef {import("./ai-sdk.js").Message} Message
 * @typedef {import("../sparewheel.js").ContentPart} ContentPart
 */

/**
 * The parts of a message without those of discarded attempts.
 * @template {{parts: readonly any[], metadata?: any}} M
 * @param {M} message
 * @returns {M["parts"][number][]}
 */
export function visible({ parts, metadata }) {
  const discarded = new Set(metadata?.sparewheel?.discarded);
  return parts.filter((part) => !discarded.has((part.providerMetadata ?? part.callProviderMetadata)?.sparewheel?.attempt));
}

/**
 * For `sendAutomaticallyWhen`: whether every call that waited for the user has an answer that was not sent yet.
 * @param {{messages: readonly Message[]}} chat
 */
export function approvalsAnswered({ messages }) {
  const last = messages.at(-1);
  const states = last?.role === "assistant" ? last.parts.map(({ state }) => state) : [];
  return states.includes("approval-responded") && !states.includes("approval-requested");
}

/**
 * The user's decisions on tool calls.
 * @param {readonly Message[]} messages
 * @returns {{id: string, approved: boolean, reason?: string}[]}
 */
export function answersOf(messages) {
  const parts = messages.at(-1)?.parts ?? [];
  return parts.filter(({ state }) => state === "approval-responded").map(({ approval }) => approval);
}

/**
 * @param {Message | undefined} message
 * @returns {Promise<string | ContentPart[]>}
 */
export async function promptOf(message) {
  const parts = (message?.parts ?? []).filter(({ type }) => type === "text" || type === "file");
  if (parts.every(({ type }) => type === "text")) return parts.map(({ text }) => text).join("\n\n");
  return Promise.all(
    parts.map(async (part) => (part.type === "text" ? { type: /** @type {const} */ ("text"), text: part.text } : fileOf(part))),
  );
}

/**
 * @param {any} part
 * @returns {Promise<ContentPart>}
 */
async function fileOf({ url, mediaType, filename }) {
  if (!/^(data|blob):/i.test(url))
    throw new Error(`Only files of this page can be sent: ${String(url).slice(0, 80)} is not one.`);
  const blob = url.startsWith("blob:") ? await (await fetch(url)).blob() : decode(url, mediaType);
  return { type: "file", file: new File([blob], filename ?? "file", { type: mediaType }) };
}

/**
 * The page's policy may forbid to fetch data URLs.
 * @param {string} url
 * @param {string} type
 */
function decode(url, type) {
  const comma = url.indexOf(",");
  const data = url.slice(comma + 1);
  if (!/;base64$/i.test(url.slice(0, comma))) return new Blob([decodeURIComponent(data)], { type });
  return new Blob([Uint8Array.from(atob(data), (character) => character.charCodeAt(0))], { type });
}

/**
 * The conversation before the last message, as text.
 * @param {readonly Message[]} messages
 * @returns {import("../sparewheel.js").Message[]}
 */
export function historyOf(messages) {
  const before = messages.slice(0, -1).filter(({ role }) => role === "user" || role === "assistant");
  return before.flatMap((message) => {
    const texts = visible(message).filter(({ type }) => type === "text");
    const content = texts.map(({ text }) => text).join("\n\n");
    return content ? [{ role: /** @type {"user" | "assistant"} */ (message.role), content }] : [];
  });
}
