import { make } from "../dom.js";

/** @typedef {{text: string, detail?: string, choose: () => void}} Item */

/** A button with a menu: arrows, Home, End and letters move in it, Esc and a click elsewhere close it. */
export class Menu {
  element = make("div", { class: "menu-room" });
  button;
  #menu = make("div", { class: "menu" });
  #items;

  /**
   * @param {string} name Of the button and the menu.
   * @param {() => readonly Item[]} items Asked when it opens.
   */
  constructor(name, items) {
    this.#items = items;
    this.button = make("button", { text: name });
    this.button.type = "button";
    this.button.ariaHasPopup = "menu";
    this.button.ariaExpanded = "false";
    this.#menu.setAttribute("role", "menu");
    this.#menu.ariaLabel = name;
    this.#menu.hidden = true;
    this.element.append(this.button, this.#menu);
    this.button.addEventListener("click", () => (this.#menu.hidden ? this.#open() : this.#close()));
    this.button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      event.stopPropagation(); // it would move in the menu that it opens
      this.#open();
    });
    this.element.addEventListener("keydown", (event) => this.#press(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.element.contains(relatedTarget))) this.#close();
    });
  }

  #open() {
    this.#menu.replaceChildren(
      ...this.#items().map(({ text, detail, choose }) => {
        const item = make("button", { class: "menu-item" }, make("span", { text }));
        if (detail) item.append(make("span", { class: "menu-detail", text: detail }));
        item.type = "button";
        item.tabIndex = -1;
        item.setAttribute("role", "menuitem");
        item.addEventListener("click", () => {
          this.#close();
          this.button.focus();
          choose();
        });
        return item;
      }),
    );
    this.#menu.hidden = false;
    this.button.ariaExpanded = "true";
    this.#menu.scrollIntoView({ block: "nearest" });
    this.#entries[0]?.focus();
  }

  #close() {
    this.#menu.hidden = true;
    this.button.ariaExpanded = "false";
  }

  get #entries() {
    return /** @type {HTMLButtonElement[]} */ ([...this.#menu.children]);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (this.#menu.hidden) return;
    const { key } = event;
    const entries = this.#entries;
    const at = entries.findIndex((entry) => entry === document.activeElement);
    const starts = (/** @type {HTMLElement} */ entry) => entry.textContent.toLowerCase().startsWith(key.toLowerCase());
    let next = null;
    if (key === "Escape") {
      this.#close();
      this.button.focus();
    } else if (key === "ArrowDown") next = entries[(at + 1) % entries.length];
    else if (key === "ArrowUp") next = entries.at(at <= 0 ? -1 : at - 1);
    else if (key === "Home") next = entries[0];
    else if (key === "End") next = entries.at(-1);
    else if (/^\p{L}$/u.test(key)) next = [...entries.slice(at + 1), ...entries].find(starts);
    else return;
    event.preventDefault();
    next?.focus();
  }
}
