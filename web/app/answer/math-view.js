import { cleanMath } from "./clean.js";
import { make } from "../dom.js";

const MAX_MATH = 3_000; // characters
const MAX_KEPT = 500;

/** @type {typeof import("./math.js") | null} */
let library = null;
/** @type {Promise<void> | null} */
let loading = null;
/** @type {Map<string, DocumentFragment | null>} Rendered formulas by their source; null: not a formula. Kept because the end of an answer is rendered often. */
const kept = new Map();
/** @type {Set<HTMLElement>} */
const pending = new Set();

/**
 * MathML in place of math as it was written, once the library is there.
 * @param {ParentNode} part
 */
export function showMath(part) {
  for (const code of part.querySelectorAll("code.math")) {
    if (!(code instanceof HTMLElement) || (code.textContent ?? "").length > MAX_MATH) continue;
    if (library) replace(code);
    else pending.add(code);
  }
  if (pending.size > 0) void load();
}

function load() {
  loading ??= import("./math.js").then(
    (loaded) => {
      library = loaded;
      for (const code of pending) replace(code);
      pending.clear();
    },
    () => pending.clear(), // math stays as it was written
  );
  return loading;
}

/** @param {HTMLElement} code */
function replace(code) {
  const isDisplayed = code.classList.contains("display");
  const key = `${isDisplayed} ${code.textContent}`;
  if (kept.size > MAX_KEPT) kept.clear();
  if (!kept.has(key)) kept.set(key, rendered(code.textContent ?? "", isDisplayed));
  const math = kept.get(key);
  if (math) code.replaceWith(make("span", { class: isDisplayed ? "math display" : "math" }, math.cloneNode(true)));
}

/** @param {string} text @param {boolean} isDisplayed */
function rendered(text, isDisplayed) {
  const html = library?.mathML(text, isDisplayed);
  return html ? cleanMath(html) : null;
}
