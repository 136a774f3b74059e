import { isObject, refuse } from "./config-error.js";

/**
 * @typedef {import("../sparewheel.js").HookFunction} HookFunction
 * @typedef {{event: string, index: number, matcher?: string}} HookSpec `index` finds the function again.
 */

/**
 * The embedder's hooks: where they want to be asked, and the functions, which stay here.
 * @param {unknown} hooks
 * @returns {{specs: HookSpec[], functions: HookFunction[]}}
 */
export function readHooks(hooks) {
  if (!isObject(hooks)) throw refuse("options.hooks: must be an object of event to function");
  /** @type {HookSpec[]} */
  const specs = [];
  /** @type {HookFunction[]} */
  const functions = [];
  for (const [event, value] of Object.entries(hooks)) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      const { hook, matcher } = isObject(entry) ? entry : { hook: entry, matcher: undefined };
      const where = `options.hooks: ${JSON.stringify(event)}`;
      if (typeof hook !== "function") throw refuse(`${where} must be a function, or a list of {matcher?, hook}`);
      if (matcher !== undefined && typeof matcher !== "string") throw refuse(`${where}: matcher must be a string`);
      specs.push({ event, index: functions.length, ...(matcher === undefined ? {} : { matcher }) });
      functions.push(/** @type {HookFunction} */ (hook));
    }
  }
  return { specs, functions };
}
