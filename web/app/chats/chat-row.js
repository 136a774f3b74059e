import { make } from "../dom.js";
import { STATE_WORDS } from "./rows.js";
import { label, visible } from "../visible.js";

/**
 * @typedef {import("./rows.js").Shown} Shown
 *
 * @typedef {object} RowActions What can be done with a conversation.
 * @property {(id: string) => void} open
 * @property {(id: string, title: string) => void} rename
 * @property {(id: string, title: string) => void} remove
 * @property {(id: string, format: "json" | "markdown") => void} save
 */

/** One conversation in the list: a button that opens it, and another one that shows what else can be done with it. */
export class ChatRow {
  element = make("li", { class: "chat-row" });
  #title = make("bdi", { class: "chat-title" });
  #below = make("span", { class: "chat-below" });
  #button = make("button", { class: "chat-open" }, this.#title, this.#below);
  #more = make("button", { class: "chat-more" });
  /** @type {HTMLElement | null} */
  #panel = null;
  #actions;
  /** @type {Shown} */
  #row;

  /**
   * @param {Shown} row
   * @param {RowActions} actions
   */
  constructor(row, actions) {
    this.#row = row;
    this.#actions = actions;
    this.#button.type = "button";
    this.#button.addEventListener("click", () => actions.open(this.#row.id));
    this.#more.type = "button";
    this.#more.ariaExpanded = "false";
    this.#more.append(make("span", { class: "chat-dots", text: "⋯" }));
    this.#more.addEventListener("click", () => this.#toggle());
    this.element.append(this.#button, this.#more);
  }

  /**
   * @param {Shown} row
   * @param {boolean} isCurrent
   */
  update(row, isCurrent) {
    this.#row = row;
    const title = label(row.title);
    setText(this.#title, title);
    const below = [STATE_WORDS[row.state], visible(row.snippet) || row.models].filter(Boolean).join(" · ");
    setText(this.#below, below);
    this.#below.dir = row.snippet ? "auto" : "";
    this.element.dataset["state"] = row.state;
    this.#button.ariaCurrent = isCurrent ? "true" : null;
    this.#more.ariaLabel = `More for ${title}`;
  }

  focus() {
    this.#button.focus();
  }

  #toggle() {
    if (this.#panel) {
      this.#panel.remove();
      this.#panel = null;
    } else {
      this.#panel = this.#makePanel();
      this.element.append(this.#panel);
    }
    this.#more.ariaExpanded = String(this.#panel !== null);
  }

  #makePanel() {
    const { id } = this.#row;
    const panel = make("div", { class: "chat-actions" });
    /** @type {[string, () => void][]} */
    const acts = [
      ["Rename", () => this.#rename()],
      ["Save as Markdown", () => this.#actions.save(id, "markdown")],
      ["Save as JSON", () => this.#actions.save(id, "json")],
      ["Delete", () => this.#actions.remove(id, this.#row.title)],
    ];
    for (const [label, act] of acts) {
      const button = make("button", { text: label, class: label === "Delete" ? "danger" : "" });
      button.type = "button";
      button.addEventListener("click", () => {
        this.#toggle();
        this.#more.focus();
        act();
      });
      panel.append(button);
    }
    return panel;
  }

  /** The title becomes a field: Enter and leaving it save, Esc does not. */
  #rename() {
    const field = make("input", { class: "chat-rename" });
    field.ariaLabel = "Title of the conversation";
    field.maxLength = 200;
    field.autocomplete = "off";
    field.value = this.#row.title;
    field.dir = "auto";
    let isOver = false;
    const end = (/** @type {boolean} */ saves) => {
      if (isOver) return;
      isOver = true;
      const title = field.value.trim();
      const hadFocus = document.activeElement === field;
      field.replaceWith(this.#button);
      if (hadFocus) this.#button.focus();
      if (saves && title && title !== this.#row.title) this.#actions.rename(this.#row.id, title);
    };
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation(); // Esc would close the rail, too
      end(event.key === "Enter");
    });
    field.addEventListener("blur", () => end(true));
    this.#button.replaceWith(field);
    field.select();
    field.focus();
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
