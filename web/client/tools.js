import { isObject, refuse } from "./config-error.js";

/** @typedef {import("../sparewheel.js").HostTool} HostTool */

/**
 * The embedder's tools: their descriptions, and the functions, which stay here.
 * @param {unknown} tools
 */
export function readTools(tools) {
  if (!isObject(tools)) throw refuse("options.tools: must be an object of name to tool");
  /** @type {Map<string, HostTool>} */
  const functions = new Map();
  const specs = Object.entries(tools).map(([name, tool]) => {
    const where = `options.tools: ${JSON.stringify(name)}`;
    if (!isObject(tool)) throw refuse(`${where} must be an object with description, parameters and execute`);
    const { execute, ...spec } = tool;
    if (typeof execute !== "function") throw refuse(`${where}: execute must be a function`);
    // Its function is looked up with each call, so that a page that reloads its code can put a new one in place.
    functions.set(name, /** @type {HostTool} */ (/** @type {unknown} */ (tool)));
    return [name, spec];
  });
  return { specs: Object.fromEntries(specs), functions };
}
