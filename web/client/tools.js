import { isObject, refuse } from "./config-error.js";

/**
 * @typedef {import("../sparewheel.js").HostTool} HostTool
 * @typedef {{name: string, timeout?: number} & Required<Omit<HostTool, "execute" | "timeout">>} ToolSpec
 */

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const KEYS = ["description", "parameters", "readOnly", "timeout", "execute"];

/**
 * The embedder's tools: what the model is told of them, and the functions, which stay here.
 * @param {unknown} tools
 * @returns {{specs: ToolSpec[], functions: Map<string, HostTool["execute"]>}}
 */
export function readTools(tools) {
  if (!isObject(tools)) throw refuse("options.tools: must be an object of name to tool");
  const specs = Object.entries(tools).map(([name, tool]) => specOf(name, tool));
  /** @type {Map<string, HostTool["execute"]>} */
  const functions = new Map();
  for (const [name, tool] of Object.entries(tools)) {
    const own = /** @type {HostTool} */ (tool);
    // Looked up with each call, so that a page that reloads its code can put the new function in place.
    functions.set(name, (args, context) => own.execute(args, context));
  }
  return { specs, functions };
}

/**
 * @param {string} name
 * @param {unknown} tool
 * @returns {ToolSpec}
 */
function specOf(name, tool) {
  const where = `options.tools: ${JSON.stringify(name)}`;
  if (!NAME.test(name)) {
    throw refuse(`${where} cannot be a tool's name`, "Use 1 to 64 letters, digits, hyphens and underscores.");
  }
  if (!isObject(tool)) throw refuse(`${where} must be an object with description, parameters and execute`);
  const { description, parameters = { type: "object", properties: {} }, readOnly = false, timeout, execute } = tool;
  const unknown = Object.keys(tool).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw refuse(`${where}: unknown key ${JSON.stringify(unknown)}`, `Known are ${KEYS.join(", ")}.`);
  }
  if (typeof execute !== "function") throw refuse(`${where}: execute must be a function`);
  if (typeof description !== "string") throw refuse(`${where}: description must be a string`);
  if (!isObject(parameters) || (parameters["type"] ?? "object") !== "object") {
    throw refuse(`${where}: parameters must be a JSON schema of type "object"`);
  }
  if (typeof readOnly !== "boolean") throw refuse(`${where}: readOnly must be true or false`);
  if (timeout === undefined) return { name, description, parameters, readOnly };
  return { name, description, parameters, readOnly, timeout: seconds(timeout, `${where}: timeout`) };
}

/**
 * @param {unknown} value
 * @param {string} what
 */
export function seconds(value, what) {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw refuse(`${what} must be a number of seconds above 0`);
}
