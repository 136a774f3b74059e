// Prompts in words. No DOM here.

import { shownName } from "./names.js";

/**
 * @typedef {import("../../sparewheel.js").Prompt} Prompt
 * @typedef {import("../../sparewheel.js").ContentPart} ContentPart
 */

/**
 * The text of a prompt.
 * @param {Prompt} prompt
 */
export function textOf(prompt) {
  if (typeof prompt === "string") return prompt;
  return prompt.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/**
 * A prompt in a few words.
 * @param {Prompt} prompt
 * @param {number} [length] Characters.
 */
export function briefly(prompt, length = 200) {
  const files = typeof prompt === "string" ? [] : prompt.flatMap((part) => (part.type === "text" ? [] : [nameIn(part)]));
  return [textOf(prompt).trim(), ...files].filter(Boolean).join(" · ").slice(0, length);
}

/** @param {ContentPart} part */
export function nameIn(part) {
  if (part.type !== "file") return "Picture";
  const { name } = /** @type {{name?: unknown}} */ (part.file);
  return (typeof name === "string" && shownName(name)) || "A pasted file";
}
