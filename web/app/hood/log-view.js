import { codeBox } from "../code-box.js";
import { make, perFrame } from "../dom.js";
import { Follow } from "../frame/follow.js";
import { pretty, shortened } from "../pretty.js";
import { copyButton } from "./copy.js";
import { visible } from "../visible.js";

/** The oldest lines go when there are more. */
const MAX_LINES = 2000;
/** A tool's arguments and results may have megabytes. */
const MAX_CHARS = 4000;

/** Lists the events, a line each, which opens. A closed log only counts them. */
export class LogView {
  #list;
  #filter;
  #count;
  #total = 0;
  /** @type {import("../../sparewheel.js").Event[]} The last ones, whether drawn or not; now and then some too many. */
  #kept = [];
  /** @type {import("../../sparewheel.js").Event[]} Those of them that an open log does not show yet. */
  #waiting = [];
  #open = false;
  #ask;
  #follow;

  /**
   * @param {HTMLElement} list
   * @param {HTMLInputElement} filter
   * @param {HTMLElement} count
   */
  constructor(list, filter, count) {
    this.#list = list;
    this.#filter = filter;
    this.#count = count;
    this.#follow = new Follow(list);
    this.#ask = perFrame(() => this.#render());
    filter.addEventListener("input", () => this.#refilter());
  }

  /** @param {import("../../sparewheel.js").Event} event */
  push(event) {
    this.#total += 1;
    if (this.#kept.push(event) > 2 * MAX_LINES) this.#kept.splice(0, this.#kept.length - MAX_LINES);
    if (this.#open) this.#waiting.push(event);
    this.#ask();
  }

  /** The last events that the filter shows, as JSON lines. */
  get jsonLines() {
    const wanted = this.#wanted;
    return this.#kept
      .slice(-MAX_LINES)
      .filter((event) => textOf(event).toLowerCase().includes(wanted))
      .map((event) => `${JSON.stringify(event)}\n`)
      .join("");
  }

  get #wanted() {
    return this.#filter.value.trim().toLowerCase();
  }

  /** @param {boolean} isOpen Whether the log is on the page. */
  show(isOpen) {
    this.#open = isOpen;
    this.#list.replaceChildren();
    this.#waiting = this.#open ? this.#kept.slice(-MAX_LINES) : [];
    this.#ask();
  }

  #render() {
    const events = this.#waiting;
    this.#waiting = [];
    this.#count.textContent = String(this.#total);
    this.#list.append(...events.slice(-MAX_LINES).map((event) => this.#line(event)));
    while (this.#list.childElementCount > MAX_LINES) this.#list.firstElementChild?.remove();
    this.#follow.grown();
  }

  /** @param {import("../../sparewheel.js").Event} event */
  #line(event) {
    const { type, seq } = event;
    const parts = [make("span", { class: "seq", text: String(seq) }), " ", make("span", { class: "type", text: type })];
    const rest = textOf(event).slice(`${seq} ${type}`.length);
    const details = make("details", {}, make("summary", {}, ...parts, rest));
    // Made when it is opened: there may be thousands of lines.
    const open = () => {
      const json = JSON.stringify(event);
      details.append(
        copyButton("Copy", () => json),
        codeBox(`Event ${seq}`, shortened(pretty(json))),
      );
    };
    details.addEventListener("toggle", open, { once: true });
    const line = make("li", {}, details);
    line.dataset["type"] = type;
    line.hidden = !this.#shows(line);
    return line;
  }

  /** @param {Element} line */
  #shows(line) {
    return (line.querySelector("summary")?.textContent ?? "").toLowerCase().includes(this.#wanted);
  }

  #refilter() {
    for (const line of this.#list.children) {
      if (line instanceof HTMLElement) line.hidden = !this.#shows(line);
    }
  }
}

/**
 * An event in one line.
 * @param {import("../../sparewheel.js").Event} event
 */
function textOf({ type, seq, turn: _, ...facts }) {
  return `${seq} ${type} ${visible(JSON.stringify(facts).slice(0, MAX_CHARS))}`;
}
