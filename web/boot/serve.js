// The worker's side of a start: takes the page's messages, and starts Python when the page asks for it.

import { boot } from "./boot.js";
import { BUILD, LOCK_SHA256 } from "./build.js";

/**
 * @typedef {import("../protocol.js").Boot} Boot
 * @typedef {import("../protocol.js").BootMessage} BootMessage
 */

/**
 * @param {object} parts
 * @param {string} parts.script The address of the worker's own script, below whose folder `pyodide/` is.
 * @param {import("./boot.js").Host} parts.host
 * @param {(message: string | object) => void} parts.post Sends to the page.
 * @param {boolean} [parts.early] Start at once, and hold all messages until the page sends its `Boot` object.
 * @returns {(data: any) => void} Takes the page's messages: a `Boot` object, then strings; a `Ping` at any time.
 */
export function serve({ script, host, post, early = false }) {
  const own = new URL("pyodide/", script).href;
  /** @type {string[]} Messages that came before Python was ready. */
  const waiting = [];
  /** @type {((text: string) => void) | null} */
  let dispatch = null;
  /** @type {BootMessage[] | null} Messages for a page that has not sent its `Boot` object yet. */
  let held = early ? [] : null;

  /** @param {BootMessage} message */
  const tell = (message) => {
    if (held) held.push(message);
    else post(message);
  };

  /** @param {Boot} message */
  const begin = (message) => {
    if (message.build !== BUILD) {
      held = null;
      const reason = `worker.js (${script}) is of another build than the page's scripts (${BUILD}, not ${message.build})`;
      const hint =
        "A new version has been deployed, or a cache has kept an old file: reload the page. If your site has a copy of the " +
        "npm package, copy it again: npx sparewheel copy DIR.";
      tell({ type: "boot_failed", stage: "worker", reason, hint, final: true });
      return;
    }
    if (held === null || message.indexURL !== own) return void start(message);
    const messages = held;
    held = null;
    messages.forEach(tell);
  };

  /** @param {Pick<Boot, "indexURL" | "snapshot">} message */
  const start = async ({ indexURL, snapshot }) => {
    const began = performance.now();
    try {
      const connect = await boot(indexURL, tell, host, { lockSha256: LOCK_SHA256, snapshot });
      dispatch = connect(post);
    } catch (thrown) {
      const { stage = "runtime", message, hint = "", final } = /** @type {import("../assets/stages.js").BootError} */ (thrown);
      tell({ type: "boot_failed", stage, reason: message, hint, ...(final && { final }) });
      return;
    }
    tell({ type: "ready", ms: Math.round(performance.now() - began) });
    for (const text of waiting.splice(0)) dispatch(text);
  };

  if (early) void start({ indexURL: own });
  return (data) => {
    if (data?.type === "ping") post({ type: "pong" });
    else if (typeof data !== "string") begin(data);
    else if (dispatch) dispatch(data);
    else waiting.push(data);
  };
}
