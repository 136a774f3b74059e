import { codeBox } from "../code-box.js";
import { make, perFrame } from "../dom.js";
import { Follow } from "../frame/follow.js";
import { shortened } from "../pretty.js";
import { copyButton } from "./copy.js";
import { textOf } from "./log-text.js";
import { LogWindow } from "./log-window.js";

/** @typedef {import("../../sparewheel.js").Event} Event */

/** A line of the log is not wider on the page. */
const LINE_CHARS = 300;
/** Lines are added again after this many times what it took, so that the log gets at most a sixth of the time. */
const REST = 5;
const MOST_REST_MS = 250; // the machine may have slept meanwhile

/**
 * Lists the last events, a line each, which opens. A closed log only counts them. While the reader has scrolled up, what
 * they read stays where it is, and new events wait.
 */
export class LogView {
  #list;
  #filter;
  #count;
  #follow;
  #isOpen = false;
  #isFollowing = true;
  #window = new LogWindow();
  #ask;
  #restUntil = 0;
  /** Adds earlier events. */
  earlier = make("button", { text: "Earlier events" });

  /**
   * @param {HTMLElement} list
   * @param {HTMLInputElement} filter
   * @param {HTMLElement} count
   */
  constructor(list, filter, count) {
    this.#list = list;
    this.#filter = filter;
    this.#count = count;
    this.#ask = perFrame(() => this.#render());
    this.#follow = new Follow(list, (isFollowing) => {
      this.#isFollowing = isFollowing;
      this.#ask();
    });
    filter.addEventListener("input", () => this.#begin());
    this.earlier.type = "button";
    this.earlier.hidden = true;
    this.earlier.addEventListener("click", () => {
      this.#window.extend();
      this.#ask();
    });
  }

  /** @param {Event} event */
  push(event) {
    this.#window.push(event);
    this.#ask();
  }

  /** The last events that the filter shows, as JSON lines. */
  get jsonLines() {
    return this.#window.events.map((event) => `${JSON.stringify(event)}\n`).join("");
  }

  /** @param {boolean} isOpen Whether the log is on the page. */
  show(isOpen) {
    this.#isOpen = isOpen;
    this.#begin();
  }

  #begin() {
    this.#window.begin(this.#filter.value);
    this.#list.replaceChildren();
    this.earlier.hidden = true;
    this.#follow.toEnd();
    this.#ask();
  }

  #render() {
    this.#count.textContent = String(this.#window.total);
    if (!this.#isOpen) return;
    const began = performance.now();
    if (began < this.#restUntil) {
      this.#ask();
      return;
    }
    const { isAnew, before, dropped, after } = this.#window.step(this.#isFollowing);
    if (isAnew) this.#list.replaceChildren();
    for (let count = dropped; count > 0; count--) this.#list.firstElementChild?.remove();
    this.#list.append(...after.map(line));
    if (before.length > 0) this.#prepend(before);
    this.#follow.grown();
    const ended = performance.now();
    this.#restUntil = ended + Math.min(REST * (ended - began), MOST_REST_MS);
    if (this.#window.isCut) this.earlier.hidden = false;
    else if (this.#window.isWhole) this.#hideEarlier();
    if (this.#window.hasMore(this.#isFollowing)) this.#ask();
  }

  /** @param {Event[]} events */
  #prepend(events) {
    const below = this.#list.scrollHeight - this.#list.scrollTop;
    this.#list.prepend(...events.map(line));
    this.#list.scrollTop = this.#list.scrollHeight - below;
  }

  #hideEarlier() {
    if (document.activeElement === this.earlier) this.#list.focus();
    this.earlier.hidden = true;
  }
}

/** @param {Event} event */
function line(event) {
  const { type, seq } = event;
  const parts = [make("span", { class: "seq", text: String(seq) }), " ", make("span", { class: "type", text: type })];
  const rest = textOf(event, LINE_CHARS).slice(`${seq} ${type}`.length);
  const details = make("details", {}, make("summary", {}, ...parts, rest));
  // Made when it is opened: there may be many lines.
  const open = () => {
    const json = JSON.stringify(event);
    details.append(
      copyButton("Copy", () => json),
      codeBox(`Event ${seq}`, shortened(json)),
    );
  };
  details.addEventListener("toggle", open, { once: true });
  const element = make("li", {}, details);
  element.dataset["type"] = type;
  return element;
}
