import { ChainState, describe } from "./chain-state.js";
import { make, perFrame } from "./dom.js";

const COUNTDOWN_MS = 250;

/** Shows the models of the chain, and what happened to each in this turn. */
export class ChainView {
  #list;
  #state = new ChainState([]);
  /** @type {{item: HTMLElement, state: HTMLElement, reason: HTMLElement}[]} */
  #rows = [];
  #ask;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
    this.#ask = perFrame(() => this.#render());
  }

  /** @param {string[]} models */
  reset(models) {
    this.#state = new ChainState(models);
    this.#rows = [];
    this.#list.replaceChildren();
    this.#ask();
  }

  /** @param {import("../sparewheel.js").Event} event */
  push(event) {
    if (this.#state.push(event, Date.now())) this.#ask();
  }

  #render() {
    const { links } = this.#state;
    while (this.#rows.length < links.length) this.#addRow(links[this.#rows.length]?.model ?? "");
    links.forEach((link, index) => this.#update(link, index));
    clearInterval(this.#countdown);
    const pausing = links.some(({ state, until }) => state === "pausing" && until > Date.now());
    if (pausing) this.#countdown = setInterval(this.#ask, COUNTDOWN_MS);
  }

  /**
   * @param {import("./chain-state.js").Link} link
   * @param {number} index
   */
  #update(link, index) {
    const row = this.#rows[index];
    if (!row) return;
    row.item.dataset["state"] = link.state;
    row.item.ariaCurrent = ["asking", "streaming", "pausing"].includes(link.state) ? "step" : null;
    row.state.textContent = describe(link, Date.now());
    row.reason.textContent = link.reason;
    row.reason.hidden = link.reason === "";
  }

  /** @param {string} model */
  #addRow(model) {
    const wheel = make("span", { class: "wheel" });
    wheel.setAttribute("aria-hidden", "true");
    const state = make("span", { class: "state" });
    const reason = make("span", { class: "reason" });
    const text = make("div", {}, make("span", { class: "model", text: model }), state, reason);
    const item = make("li", {}, wheel, text);
    this.#rows.push({ item, state, reason });
    this.#list.append(item);
  }
}
