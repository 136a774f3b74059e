import { isObject, refuse } from "./config-error.js";

/**
 * @typedef {import("../sparewheel.js").HookFunction} HookFunction
 * @typedef {import("../protocol.js").HookSpec} HookSpec
 */

/**
 * The embedder's hooks: at which points they run, and the functions, which stay here.
 * @param {unknown} hooks
 */
export function readHooks(hooks) {
  if (!isObject(hooks)) throw refuse("options.hooks: must be an object of event to function");
  /** @type {HookSpec[]} */
  const specs = [];
  /** @type {HookFunction[]} */
  const functions = [];
  for (const [event, value] of Object.entries(hooks)) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      const { hook, ...spec } = isObject(entry) ? entry : { hook: entry };
      if (typeof hook !== "function") {
        throw refuse(`options.hooks: ${JSON.stringify(event)} must be a function, or a list of {matcher?, hook}`);
      }
      specs.push({ ...spec, event, index: functions.length });
      functions.push(/** @type {HookFunction} */ (hook));
    }
  }
  return { specs, functions };
}
