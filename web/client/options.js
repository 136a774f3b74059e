import { isObject, refuse } from "./config-error.js";
import { documentTexts } from "./documents.js";
import { readHooks } from "./hooks.js";
import { readTools } from "./tools.js";

/**
 * @typedef {object} Functions The embedder's functions, which cannot go to the worker.
 * @property {Map<string, import("../sparewheel.js").HostTool>} tools
 * @property {import("../sparewheel.js").HookFunction[]} hooks
 *
 * @typedef {object} Read
 * @property {Omit<import("../protocol.js").CreateSession, "session">} params For the worker, which validates them.
 * @property {Functions} functions
 */

/**
 * Separate the functions in a session's options from what goes to the worker.
 * @param {unknown} options
 * @returns {Read}
 * @throws {SparewheelError} If a tool or a hook is not a function. The worker checks everything else.
 */
export function readOptions(options) {
  if (!isObject(options)) throw refuse("expected an options object");
  const { tools, hooks, ...params } = options;
  const read = { tools: readTools(tools ?? {}), hooks: readHooks(hooks ?? {}) };
  if (tools) params["tools"] = read.tools.specs;
  if (hooks) params["hooks"] = read.hooks.specs;
  if ("documents" in params) params["documents"] = documentTexts(params["documents"]);
  const functions = { tools: read.tools.functions, hooks: read.hooks.functions };
  return { params: /** @type {any} */ (params), functions };
}
