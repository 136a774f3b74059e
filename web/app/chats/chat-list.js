import { make } from "../dom.js";
import { ChatRow } from "./chat-row.js";
import { label, visible } from "../visible.js";

/**
 * @typedef {import("./rows.js").Shown} Shown
 *
 * @typedef {import("./chat-row.js").RowActions & ListActions} Actions
 * @typedef {object} ListActions
 * @property {(query: string) => void} search
 * @property {(files: File[]) => void} load
 * @property {(id: string) => void} undo
 * @property {(ids: string[]) => void} seen These have come into the list.
 */

/** Rows that are added at once; more when the reader scrolls to the end. */
const SLICE = 50;

/** The conversations in the rail: search, the list, what was just deleted, and import. */
export class ChatList {
  #search = make("input", { class: "chat-search" });
  #list = make("ul", { class: "chat-list" });
  #note = make("p", { class: "chat-note" });
  #undo = make("p", { class: "chat-undo" });
  #end = make("li", { class: "chat-end" });
  #actions;
  /** @type {Map<string, ChatRow>} */
  #views = new Map();
  /** @type {readonly Shown[]} */
  #rows = [];
  /** @type {string | null} */
  #current = null;
  #shown = SLICE;
  /** Whose deletion can be undone. @type {string | undefined} */
  #undoable;

  /**
   * @param {HTMLElement} room
   * @param {Actions} actions
   */
  constructor(room, actions) {
    this.#actions = actions;
    const search = this.#search;
    search.type = "search";
    search.placeholder = "Search";
    search.ariaLabel = "Search conversations";
    search.autocomplete = "off";
    search.addEventListener("input", () => actions.search(search.value));
    this.#list.ariaLabel = "Conversations";
    this.#note.setAttribute("role", "status");
    this.#undo.setAttribute("role", "status");
    room.append(search, this.#note, this.#list, this.#undo, ...importer(actions.load));
    acceptDrops(room, actions.load);
    new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && this.#grow(), {
      root: this.#list,
      rootMargin: "300px",
    }).observe(this.#end);
  }

  /**
   * @param {readonly Shown[]} rows
   * @param {string | null} current The id of the one on the page.
   */
  show(rows, current) {
    if (rows[0]?.id !== this.#rows[0]?.id && rows.length !== this.#rows.length) this.#shown = SLICE;
    this.#rows = rows;
    this.#current = current;
    this.#render();
  }

  /** @param {string} text About the search, or why there is no list. */
  note(text) {
    const shown = visible(text);
    if (this.#note.textContent !== shown) this.#note.textContent = shown;
  }

  /** @param {{id: string, title: string} | null} deleted */
  offerUndo(deleted) {
    if (deleted?.id === this.#undoable) return;
    this.#undoable = deleted?.id;
    if (!deleted) {
      this.#undo.replaceChildren();
      return;
    }
    const button = make("button", { text: "Undo" });
    button.type = "button";
    button.addEventListener("click", () => {
      this.#actions.undo(deleted.id);
      const row = this.#views.get(deleted.id);
      if (row) row.focus();
      else this.#search.focus();
    });
    this.#undo.replaceChildren(make("span", {}, "Deleted ", make("bdi", { text: label(deleted.title) })), button);
  }

  #grow() {
    if (this.#shown >= this.#rows.length) return;
    this.#shown += SLICE;
    this.#render();
  }

  /** Rows keep their elements, and what is open or focused in them. */
  #render() {
    const { activeElement } = document;
    const focused = activeElement instanceof HTMLElement && this.#list.contains(activeElement) ? activeElement : null;
    const rows = this.#rows.slice(0, this.#shown);
    /** @type {string[]} */
    const added = [];
    const kept = new Set(rows.map(({ id }) => id));
    for (const [id, view] of this.#views) {
      if (kept.has(id)) continue;
      view.element.remove();
      this.#views.delete(id);
    }
    rows.forEach((row, place) => {
      let view = this.#views.get(row.id);
      if (!view) {
        this.#views.set(row.id, (view = new ChatRow(row, this.#actions)));
        added.push(row.id);
      }
      view.update(row, row.id === this.#current);
      if (this.#list.children[place] !== view.element) this.#list.insertBefore(view.element, this.#list.children[place] ?? null);
    });
    if (rows.length < this.#rows.length) this.#list.append(this.#end);
    else this.#end.remove();
    if (added.length) this.#actions.seen(added);
    if (!focused || focused === document.activeElement) return;
    if (focused.isConnected)
      focused.focus(); // its row was moved
    else (this.#undo.querySelector("button") ?? this.#search).focus();
  }
}

/** @param {(files: File[]) => void} load */
function importer(load) {
  const input = make("input");
  input.type = "file";
  input.accept = "application/json,.json";
  input.multiple = true;
  input.hidden = true;
  const button = make("button", { text: "Import", class: "chat-import" });
  button.type = "button";
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    load([...(input.files ?? [])]);
    input.value = "";
  });
  return [input, button];
}

/**
 * @param {HTMLElement} room
 * @param {(files: File[]) => void} load
 */
function acceptDrops(room, load) {
  const over = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") === true;
  room.addEventListener("dragover", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    room.classList.add("dropping");
  });
  room.addEventListener("dragleave", () => room.classList.remove("dropping"));
  room.addEventListener("drop", (event) => {
    room.classList.remove("dropping");
    if (!over(event)) return;
    event.preventDefault();
    load([...(event.dataTransfer?.files ?? [])]);
  });
}
