import { make } from "../dom.js";

const SHOWN_MS = 2000;

/**
 * A button that copies a text and tells whether it could.
 * @param {string} label
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const button = make("button", { text: label, class: "copy" });
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Your browser does not allow it"; // no https, or refused
    }
    setTimeout(() => (button.textContent = label), SHOWN_MS);
  });
  return button;
}
