import { openDrawer } from "./drawer.js";

/** While one of these is on the page, Esc stops no turn: what has been filled in would be lost. */
const OTHERS = ".question, [role=menu], [role=listbox]";

/**
 * Esc closes the drawer or the rail that is open. Only in the prompt and in the transcript does it stop the turn.
 * @param {import("./rail.js").Rail} rail
 * @param {() => void} stop
 */
export function handleEscape(rail, stop) {
  document.addEventListener("keydown", (event) => {
    const { key, target, isComposing, defaultPrevented } = event;
    if (key !== "Escape" || isComposing || defaultPrevented || !(target instanceof Element)) return;
    if (target instanceof HTMLInputElement && target.type === "search" && target.value !== "") return; // clears it
    const drawer = openDrawer();
    if (document.querySelector("dialog:modal, :popover-open")) return; // the browser closes it
    if (drawer) drawer.close();
    else if (rail.isOpen) rail.close();
    else if (target.closest("#composer, #transcript") && !isAnyShown(OTHERS)) stop();
    else return;
    event.preventDefault();
  });
}

/** @param {string} selector */
function isAnyShown(selector) {
  return [...document.querySelectorAll(selector)].some((element) => element.checkVisibility());
}
