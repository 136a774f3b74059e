import { createTranscript } from "../sparewheel.js";
import { ChainState, describe } from "./chain-state.js";
import { make, perFrame } from "./dom.js";
import { visible } from "./visible.js";

const COUNTDOWN_MS = 250;

/** Shows the models of the chain, and what happened to each in this turn. */
export class ChainView {
  #list;
  #state = new ChainState([]);
  /** The reducer with the events of this turn. */
  #transcript = createTranscript();
  /** @type {{item: HTMLElement, state: HTMLElement, reason: HTMLElement, shown: string}[]} */
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
    this.#transcript = createTranscript();
    this.#rows = [];
    this.#list.replaceChildren();
    this.#ask();
  }

  /**
   * @param {import("../sparewheel.js").Event} event
   * @param {import("../sparewheel.js").Transcript} transcript With this event.
   */
  push(event, transcript) {
    this.#transcript = transcript;
    if (this.#state.push(event, Date.now())) this.#ask();
  }

  #render() {
    const now = Date.now();
    const links = this.#state.links(this.#transcript.snapshot(), now);
    while (this.#rows.length < links.length) this.#addRow(links[this.#rows.length]?.model ?? "");
    links.forEach((link, index) => this.#update(link, index, describe(link, now)));
    clearInterval(this.#countdown);
    if (links.some(({ state }) => state === "pausing")) this.#countdown = setInterval(this.#ask, COUNTDOWN_MS);
  }

  /**
   * @param {import("./chain-state.js").Link} link
   * @param {number} index
   * @param {string} text
   */
  #update({ state, reason }, index, text) {
    const row = this.#rows[index];
    const shown = `${state} ${text} ${reason}`;
    if (!row || row.shown === shown) return;
    row.shown = shown;
    row.item.dataset["state"] = state;
    row.item.ariaCurrent = ["asking", "streaming", "pausing"].includes(state) ? "step" : null;
    row.state.textContent = text;
    row.reason.textContent = visible(reason);
    row.reason.hidden = reason === "";
  }

  /** @param {string} model */
  #addRow(model) {
    const wheel = make("span", { class: "wheel" });
    wheel.setAttribute("aria-hidden", "true");
    const state = make("span", { class: "state" });
    const reason = make("span", { class: "reason unseen" });
    const text = make("div", {}, make("span", { class: "model", text: visible(model) }), state, reason);
    const item = make("li", {}, wheel, text);
    this.#rows.push({ item, state, reason, shown: "" });
    this.#list.append(item);
  }
}
