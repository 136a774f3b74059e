import { make } from "./dom.js";

const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const STRING = /("[^"\\]*(?:\\.[^"\\]*)*")/s;

/**
 * A box with arguments or a result, which can be scrolled with the keyboard.
 * @param {string} label
 * @param {string} text
 */
export function codeBox(label, text) {
  const box = make("pre");
  fillCode(box, text);
  box.tabIndex = 0;
  box.setAttribute("aria-label", label);
  return box;
}

/**
 * Each string that is written from right to left stands by itself: it does not reorder what is around it.
 * @param {HTMLElement} box
 * @param {string} text
 */
export function fillCode(box, text) {
  const parts = RIGHT_TO_LEFT.test(text) ? text.split(STRING) : [text];
  box.replaceChildren(...parts.map((part, at) => (at % 2 ? make("bdi", { text: part }) : part)));
}
