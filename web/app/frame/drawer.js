/** Below this width a drawer covers the page, and the rest of the page takes no focus meanwhile. */
const NARROW = "(max-width: 48rem)";

/** @type {Drawer | null} At most one is open. */
let open = null;

/** The drawer that is open. */
export function openDrawer() {
  return open;
}

/** A panel at the side of the page: the focus goes in when it opens, and back when it closes. */
export class Drawer {
  #dialog;
  #button;
  #onToggle;
  /** @type {Element | null} What had the focus when it opened. */
  #from = null;

  /**
   * @param {HTMLDialogElement} dialog With a button of the class `drawer-close`.
   * @param {HTMLButtonElement} button Opens and closes it.
   * @param {(isOpen: boolean) => void} [onToggle]
   */
  constructor(dialog, button, onToggle = () => {}) {
    this.#dialog = dialog;
    this.#button = button;
    this.#onToggle = onToggle;
    button.setAttribute("aria-controls", dialog.id);
    button.ariaExpanded = "false";
    button.addEventListener("click", () => (dialog.open ? this.close() : this.open()));
    dialog.querySelector(".drawer-close")?.addEventListener("click", () => this.close());
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // Esc in a modal dialog
      this.close();
    });
  }

  open() {
    if (this.#dialog.open) return;
    open?.close();
    open = this;
    this.#from = document.activeElement;
    if (matchMedia(NARROW).matches) this.#dialog.showModal();
    else this.#dialog.show();
    this.#button.ariaExpanded = "true";
    this.#onToggle(true);
  }

  close() {
    if (!this.#dialog.open) return;
    const hadFocus = this.#dialog.contains(document.activeElement);
    if (open === this) open = null;
    this.#dialog.close();
    this.#button.ariaExpanded = "false";
    if (hadFocus) this.#giveBack();
    this.#onToggle(false);
  }

  #giveBack() {
    const others = ["open-rail", "prompt"].map((id) => document.getElementById(id));
    for (const target of [this.#from, this.#button, ...others]) {
      if (!(target instanceof HTMLElement) || target === document.body) continue;
      if (!target.checkVisibility({ visibilityProperty: true })) continue; // e.g. in the rail, which has closed
      target.focus();
      return;
    }
  }
}
