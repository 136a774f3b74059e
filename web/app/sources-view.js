import { externalLink, make } from "./dom.js";
import { label } from "./visible.js";

/** @typedef {Extract<import("../sparewheel.js").Event, {type: "annotation"}>} AnnotationEvent */

/** What an answer cites and what hosted searches found: one line for each page or file, and for each search. */
export class SourcesView {
  #count = make("summary");
  #list = make("ul");
  element = make("details", { class: "sources" }, this.#count, this.#list);
  /** @type {Map<string, {attempt: number, line: HTMLElement}>} */
  #lines = new Map();

  constructor() {
    this.#update();
  }

  /** @param {AnnotationEvent} event */
  add(event) {
    const { attempt, kind, url, title, query } = event;
    const key = kind === "search" ? `search ${query}` : `${url ?? title ?? ""}`;
    if (key === "" || this.#lines.has(key)) return;
    const line = make("li", kind === "search" ? { text: `Searched for: ${label(query ?? "")}` } : {});
    if (kind !== "search") {
      const name = label(title ?? url ?? "");
      line.append(url ? externalLink(url, name) : name);
    }
    this.#lines.set(key, { attempt, line });
    this.#list.append(line);
    this.#update();
  }

  /**
   * The annotations of an attempt are void.
   * @param {number} attempt
   */
  discard(attempt) {
    for (const [key, { attempt: own, line }] of this.#lines) {
      if (own !== attempt) continue;
      line.remove();
      this.#lines.delete(key);
    }
    this.#update();
  }

  #update() {
    this.#count.textContent = `Sources (${this.#lines.size})`;
    this.element.hidden = this.#lines.size === 0;
  }
}
