import { messageOf } from "./errors.js";

/**
 * A value as JSON text. Throws for values that JSON would silently drop or change: functions, NaN, a Map, a Response.
 * @param {unknown} value
 * @returns {string}
 * @throws {TypeError} Its message names the key and the type, but quotes no value.
 */
export function toJson(value) {
  let reason = "";
  try {
    const text = JSON.stringify(value, (key, item) => {
      reason = lossy(item) && `"${key}" is ${lossy(item)}`;
      if (reason) throw new TypeError(reason);
      return item;
    });
    return text ?? "null";
  } catch (thrown) {
    // Only the first line of the engine's own message: the others quote the objects.
    throw new TypeError(reason || messageOf(thrown).split("\n")[0]);
  }
}

/**
 * What the value is if JSON cannot hold it, else empty.
 * @param {unknown} item
 */
function lossy(item) {
  if (typeof item === "number") return Number.isFinite(item) ? "" : String(item);
  if (typeof item === "function" || typeof item === "symbol" || typeof item === "bigint") return `a ${typeof item}`;
  if (typeof item !== "object" || item === null || Array.isArray(item)) return "";
  // A Map, a Response or an Error would come out as {}. The tag, not the prototype: other realms have their own Object.
  const tag = Object.prototype.toString.call(item).slice(8, -1);
  return tag !== "Object" && Object.keys(item).length === 0 ? `a ${tag}` : "";
}
