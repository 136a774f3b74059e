// Names and sizes of files, as they are shown. No DOM here.

import { visible } from "../visible.js";

const MAX_NAME = 60; // characters that are shown

/**
 * The last part of a path, with what cannot be seen in it made visible, shortened in its middle.
 * @param {string} name
 */
export function shownName(name) {
  const last = name.slice(-2000).split(/[/\\]/).at(-1) ?? "";
  const seen = visible(last.replace(/\s+/g, " ").trim());
  return seen.length <= MAX_NAME ? seen : `${seen.slice(0, MAX_NAME - 16)}…${seen.slice(-15)}`;
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
