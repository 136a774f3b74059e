import { make } from "../dom.js";

const SHOWN_MS = 1500;

/**
 * A button that copies a text.
 * @param {string} name What it is called where it cannot be seen what it belongs to.
 * @param {() => string} text
 */
export function copyButton(name, text) {
  const button = make("button", { class: "copy", text: "Copy" });
  button.type = "button";
  button.ariaLabel = name;
  button.addEventListener("click", async () => {
    const isCopied = await copy(text());
    button.textContent = isCopied ? "Copied" : "Not copied";
    button.ariaLabel = isCopied ? "Copied" : "The browser did not allow it";
    setTimeout(() => {
      button.textContent = "Copy";
      button.ariaLabel = name;
    }, SHOWN_MS);
  });
  return button;
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed, or the page is not served safely
  }
}
