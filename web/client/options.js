import { readDocuments } from "./documents.js";
import { readHooks } from "./hooks.js";
import { isObject, refuse } from "./config-error.js";
import { readTools, seconds } from "./tools.js";

/**
 * @typedef {object} Functions The embedder's functions, which cannot go to the worker.
 * @property {Map<string, import("../sparewheel.js").HostTool["execute"]>} tools
 * @property {import("../sparewheel.js").HookFunction[]} hooks
 *
 * @typedef {object} Read
 * @property {Record<string, unknown>} params What the worker gets.
 * @property {Functions} functions
 * @property {boolean | undefined} interactive What the embedder says of whether anybody can be asked.
 */

/**
 * Take a session's options apart: what goes to the worker, and what stays.
 * @param {unknown} options
 * @returns {Read}
 */
export function readOptions(options) {
  if (!isObject(options)) throw refuse("expected an options object");
  const { tools, hooks, documents, autoApprove, approvalTimeout, interactive, ...params } = options;
  /** @type {Functions} */
  const functions = { tools: new Map(), hooks: [] };
  if (tools !== undefined && tools !== null) {
    const read = readTools(tools);
    params["tools"] = read.specs;
    functions.tools = read.functions;
  }
  if (hooks !== undefined && hooks !== null) {
    const read = readHooks(hooks);
    params["hooks"] = read.specs;
    functions.hooks = read.functions;
  }
  if (documents !== undefined && documents !== null) params["documents"] = readDocuments(documents);
  if (autoApprove !== undefined) params["autoApprove"] = Boolean(autoApprove);
  if (approvalTimeout !== undefined) params["approvalTimeout"] = seconds(approvalTimeout, "options.approvalTimeout");
  return { params, functions, interactive: interactive === undefined ? undefined : Boolean(interactive) };
}
