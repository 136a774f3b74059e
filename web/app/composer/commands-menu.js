import { make } from "../dom.js";
import { label } from "../visible.js";

/**
 * @typedef {import("./commands.js").Command} Command
 */

/** A list of the agent's commands while a slash and the beginning of a name are in the prompt. */
export class CommandsMenu {
  #prompt;
  #find;
  #choose;
  #list = make("ul", { class: "menu commands" });
  /** @type {readonly Command[]} */
  #shown = [];
  #at = 0;
  #isDismissed = false;

  /**
   * @param {HTMLTextAreaElement} prompt
   * @param {HTMLElement} room Gets the list.
   * @param {(text: string) => readonly Command[] | null} find The commands that fit a text; null: no command is being typed.
   * @param {(command: Command) => void} choose
   */
  constructor(prompt, room, find, choose) {
    this.#prompt = prompt;
    this.#find = find;
    this.#choose = choose;
    this.#list.setAttribute("role", "listbox");
    this.#list.ariaLabel = "Commands";
    this.#list.id = "commands";
    this.#list.hidden = true;
    prompt.setAttribute("aria-autocomplete", "list");
    prompt.setAttribute("aria-controls", this.#list.id);
    room.append(this.#list);
    prompt.addEventListener("input", () => {
      this.#isDismissed = false;
      this.update();
    });
    prompt.addEventListener("blur", () => this.#show([]));
    prompt.addEventListener("focus", () => this.update());
    prompt.addEventListener("keydown", (event) => this.#press(event));
    this.#list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the prompt
  }

  /** Show what fits the prompt now. */
  update() {
    this.#at = 0;
    this.#show((this.#isDismissed ? null : this.#find(this.#prompt.value)) ?? []);
  }

  /** There are more commands than before. */
  more() {
    if (document.activeElement !== this.#prompt || this.#isDismissed) return;
    const chosen = this.#shown[this.#at]?.name;
    const found = this.#find(this.#prompt.value) ?? [];
    this.#at = Math.max(
      0,
      found.findIndex(({ name }) => name === chosen),
    );
    this.#show(found);
  }

  /** @param {readonly Command[]} commands */
  #show(commands) {
    this.#shown = commands;
    this.#list.hidden = commands.length === 0;
    this.#list.replaceChildren(
      ...commands.map((command, place) => {
        const name = make("span", { text: `/${label(command.name)}` });
        const item = make("li", { class: "menu-item" }, name, make("span", { class: "menu-detail", text: label(command.about) }));
        item.id = `command-${place}`;
        item.setAttribute("role", "option");
        item.addEventListener("click", () => this.#take(command));
        return item;
      }),
    );
    this.#mark();
  }

  #mark() {
    [...this.#list.children].forEach((item, place) => {
      item.ariaSelected = String(place === this.#at);
      if (place === this.#at) item.scrollIntoView({ block: "nearest" });
    });
    if (this.#shown.length > 0) this.#prompt.setAttribute("aria-activedescendant", `command-${this.#at}`);
    else this.#prompt.removeAttribute("aria-activedescendant");
  }

  /** @param {Command} command */
  #take(command) {
    this.#show([]);
    this.#choose(command);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const count = this.#shown.length;
    if (count === 0 || event.isComposing) return;
    const chosen = this.#shown[this.#at];
    if (event.key === "ArrowDown") this.#at = (this.#at + 1) % count;
    else if (event.key === "ArrowUp") this.#at = (this.#at - 1 + count) % count;
    else if (event.key === "Escape") this.#isDismissed = true;
    else if ((event.key !== "Enter" && event.key !== "Tab") || event.shiftKey || !chosen) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Enter would send, Esc would stop a turn
    if (event.key === "Escape") this.#show([]);
    else if (event.key === "Enter" || event.key === "Tab") this.#take(/** @type {Command} */ (chosen));
    else this.#mark();
  }
}
