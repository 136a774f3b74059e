import { isObject, refuse } from "./config-error.js";

/** @typedef {import("../sparewheel.js").HostTool} HostTool */

/**
 * The embedder's tools: their descriptions, and the functions, which stay here.
 * @param {unknown} tools
 */
export function readTools(tools) {
  if (!isObject(tools)) throw refuse("options.tools: must be an object of name to tool");
  /** @type {Map<string, HostTool["execute"]>} */
  const functions = new Map();
  const specs = Object.entries(tools).map(([name, tool]) => {
    const where = `options.tools: ${JSON.stringify(name)}`;
    if (!isObject(tool)) throw refuse(`${where} must be an object with description, parameters and execute`);
    const { execute, ...spec } = tool;
    if (typeof execute !== "function") throw refuse(`${where}: execute must be a function`);
    const own = /** @type {HostTool} */ (/** @type {unknown} */ (tool));
    // Looked up with each call, so that a page that reloads its code can put the new function in place.
    functions.set(name, (args, context) => own.execute(args, context));
    return [name, spec];
  });
  return { specs: Object.fromEntries(specs), functions };
}
