// `sparewheel/webmcp`: the tools that a page has registered with the browser (WebMCP), for a session; and a session as such a
// tool. Both do nothing where the browser has no `document.modelContext`.

/**
 * @typedef {import("../sparewheel.js").HostTool} HostTool
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {import("./webmcp.js").ModelContext} ModelContext
 * @typedef {import("./webmcp.js").RegisteredTool} RegisteredTool
 */

const NAME = /[^\w-]/g; // what a session's tools may not have in their names
const MAX_NAME = 64;
/** Names of the tools that sessions are: a session must not call itself. */
const offered = new Set();

/** @returns {ModelContext | null} */
export function modelContext() {
  const { document, navigator } = /** @type {any} */ (globalThis);
  return document?.modelContext ?? navigator?.modelContext ?? null;
}

/** @param {import("./webmcp.js").PageToolsOptions} [options] */
export async function pageTools({
  context = modelContext(),
  origins = [globalThis.location?.origin],
  readOnlyHints = false,
} = {}) {
  /** @type {Record<string, HostTool>} */
  const tools = {};
  if (typeof context?.getTools !== "function" || typeof context.executeTool !== "function") return tools;
  for (const tool of await context.getTools()) {
    const own = tool.origin === undefined || origins.includes(tool.origin);
    const name = freeName(String(tool.name), tools);
    if (!own || offered.has(tool.name) || !name) continue;
    tools[name] = {
      description: String(tool.description ?? ""),
      parameters: schemaOf(tool.inputSchema),
      readOnly: readOnlyHints && tool.annotations?.readOnlyHint === true,
      execute: (input, { signal }) => execute(context, tool, input, signal),
    };
  }
  return tools;
}

/**
 * @param {Session} session
 * @param {import("./webmcp.js").OfferOptions} options
 */
export async function offerSession(session, { name, description, allow, context = modelContext() }) {
  if (typeof allow !== "function")
    throw new TypeError("offerSession: `allow` is missing: a function that asks the user about each prompt.");
  if (typeof context?.registerTool !== "function") return null;
  const stop = new AbortController();
  const tool = {
    name,
    description,
    inputSchema: {
      type: "object",
      properties: { prompt: { type: "string", description: "What the agent is to do." } },
      required: ["prompt"],
    },
    annotations: { readOnlyHint: false, untrustedContentHint: true },
    execute: (/** @type {any} */ input, /** @type {any} */ call) => ask(session, allow, input, call?.signal),
  };
  offered.add(name);
  const unregister = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    offered.delete(name);
    context.unregisterTool?.(name); // of the first drafts, which have no signal
  };
  try {
    await context.registerTool(tool, { signal: stop.signal });
  } catch (error) {
    offered.delete(name);
    throw error;
  }
  return { unregister };
}

/**
 * @param {Session} session
 * @param {(prompt: string) => unknown} allow
 * @param {any} input
 * @param {AbortSignal | undefined} signal
 */
async function ask(session, allow, input, signal) {
  const prompt = input?.prompt;
  if (typeof prompt !== "string" || !prompt) throw new TypeError("`prompt` has to be text.");
  if ((await allow(prompt)) !== true) throw new Error("The user has not allowed it.");
  const { message } = await session.send(prompt, signal instanceof AbortSignal ? { signal } : {});
  return message.content;
}

/**
 * @param {ModelContext} context
 * @param {RegisteredTool} tool
 * @param {unknown} input
 * @param {AbortSignal} signal
 */
async function execute(context, tool, input, signal) {
  // Where schemas are text, inputs are.
  const given = typeof tool.inputSchema === "string" ? JSON.stringify(input) : input;
  const result = await /** @type {NonNullable<ModelContext["executeTool"]>} */ (context.executeTool)(tool, given, { signal });
  return textOf(result);
}

/**
 * The text of a result: as it is, or the texts of MCP's content. An error in it is one of the call.
 * @param {unknown} result
 */
function textOf(result) {
  const value = typeof result === "string" ? parsed(result) : result;
  if (!Array.isArray(value?.content)) return result === "undefined" ? null : (result ?? null);
  const text = value.content.flatMap((/** @type {any} */ part) => (part?.type === "text" ? [String(part.text)] : [])).join("\n");
  if (value.isError === true) throw new Error(text || "The tool has failed.");
  return text;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} schema
 * @returns {Record<string, unknown>}
 */
function schemaOf(schema) {
  const value = typeof schema === "string" ? parsed(schema) : schema;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? { type: "object", ...JSON.parse(JSON.stringify(value)) } : { type: "object" };
}

/**
 * @param {string} name
 * @param {Record<string, unknown>} taken
 */
function freeName(name, taken) {
  const short = name.replace(NAME, "_").slice(0, MAX_NAME);
  return Object.hasOwn(taken, short) ? "" : short;
}
