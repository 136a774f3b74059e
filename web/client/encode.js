import { messageOf, SparewheelError } from "./errors.js";
import { toJson } from "./json.js";

/**
 * A command as JSON text; throws for values that JSON would silently drop or change.
 * @param {{id: number, method: string, params: object}} command
 */
export function encode(command) {
  try {
    return toJson(command);
  } catch (thrown) {
    const message = `${command.method}: what was passed is not plain JSON: ${messageOf(thrown)}`;
    throw new SparewheelError({ kind: "config", message, hint: "Pass plain objects, arrays, strings and numbers." });
  }
}
