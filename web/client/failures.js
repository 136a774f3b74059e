/** @typedef {import("../events.js").Event} Event */

/**
 * One line at `debug` level for an attempt that failed: the event that follows it names the model and the reason.
 * @param {Event} event
 */
export function logFailure(event) {
  switch (event.type) {
    case "retry":
      return line(event.model, event);
    case "fallback":
      return line(event.from, event);
    case "exhausted":
      return line(event.models_tried.at(-1) ?? "", { ...event.final_error, reason: event.final_error.message });
  }
}

/**
 * @param {string} model
 * @param {{kind: string, reason: string, status?: number}} failure
 */
function line(model, { kind, reason, status }) {
  console.debug(`sparewheel: ${model} failed: ${kind}${status ? ` (${status})` : ""}: ${reason}`);
}
