/** On a narrow page the rail is hidden, and a button in the header shows it over the page. */
export class Rail {
  #rail;
  #button;

  /**
   * @param {HTMLElement} rail
   * @param {HTMLButtonElement} button
   */
  constructor(rail, button) {
    this.#rail = rail;
    this.#button = button;
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    rail.addEventListener("click", ({ target }) => {
      const pressed = target instanceof Element ? target.closest("button, a") : null;
      if (pressed && (!pressed.closest("#chats") || pressed.matches(".chat-open"))) this.close();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !rail.contains(target) && !button.contains(target)) this.close();
    });
  }

  get isOpen() {
    return this.#rail.classList.contains("open");
  }

  open() {
    this.#show(true);
    this.#rail.querySelector("button")?.focus();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.#rail.contains(document.activeElement);
    this.#show(false);
    if (hadFocus) this.#button.focus();
  }

  /** @param {boolean} isOpen */
  #show(isOpen) {
    this.#rail.classList.toggle("open", isOpen);
    this.#button.ariaExpanded = String(isOpen);
  }
}
