import { make } from "../dom.js";

/**
 * A small box above the prompt for something that will be sent, with a button that takes it back.
 * @param {string} text
 * @param {string} remove The name of that button.
 * @param {() => void} onRemove
 * @param {{detail?: string, before?: Node | null}} [options]
 */
export function chip(text, remove, onRemove, { detail = "", before = null } = {}) {
  const button = make("button", { class: "chip-remove", text: "×" });
  button.type = "button";
  button.ariaLabel = remove;
  button.addEventListener("click", onRemove);
  const name = make("span", { class: "chip-name", text });
  name.title = text;
  name.dir = "auto";
  return make(
    "li",
    { class: "chip" },
    ...(before ? [before] : []),
    name,
    ...(detail ? [make("span", { class: "chip-detail", text: detail })] : []),
    button,
  );
}

/**
 * Show these chips; the focus goes to the one that takes the place of a removed one, or else to `home`.
 * @param {HTMLElement} list
 * @param {readonly HTMLElement[]} chips
 * @param {HTMLElement} home
 */
export function showChips(list, chips, home) {
  const place = [...list.children].findIndex((each) => each.contains(document.activeElement));
  list.replaceChildren(...chips);
  list.hidden = chips.length === 0;
  if (place < 0) return;
  const next = chips[Math.min(place, chips.length - 1)]?.querySelector("button");
  (next ?? home).focus();
}
