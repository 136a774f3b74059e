import { make } from "../dom.js";
import { label, visible } from "../visible.js";
import { attemptWords } from "./attempt-words.js";
import { dollars } from "./words.js";

/**
 * @typedef {import("./chain-state.js").Link} Link
 * @typedef {import("../workbench.js").Workbench} Workbench
 */

const EDGE_PX = 8;

/** More about one model of the chain: why it is not asked, its last attempts, and what can be done. */
export class LinkPopover {
  element = make("div", { class: "link-popover" });
  #model;
  #button;
  #workbench;
  #onSteered;
  #word = make("p", { class: "word" });
  /** @type {Link | null} */
  #link = null;
  #shown = "";
  /** Why the session did not do what was asked. */
  #refusal = make("p", { class: "refusal" });

  /**
   * @param {string} model
   * @param {HTMLButtonElement} button Opens and closes it.
   * @param {Workbench} workbench
   * @param {() => void} onSteered The session asks its models in another order.
   */
  constructor(model, button, workbench, onSteered) {
    this.#onSteered = onSteered;
    this.#model = model;
    this.#button = button;
    this.#workbench = workbench;
    this.element.popover = "auto";
    this.element.role = "dialog";
    this.element.ariaLabel = label(model);
    this.#refusal.role = "alert";
    button.popoverTargetElement = this.element;
    button.ariaHasPopup = "dialog";
    this.element.addEventListener("beforetoggle", (event) => {
      if (event.newState !== "open") return;
      this.#shown = "";
      this.#refusal.textContent = "";
      this.#fill();
      this.#place();
    });
  }

  /**
   * @param {Link} link
   * @param {string} word
   */
  update(link, word) {
    this.#link = link;
    if (this.#word.textContent !== word) this.#word.textContent = word;
    if (this.element.matches(":popover-open")) this.#fill();
  }

  /** Below its button, inside the window. Its width is that of the style sheet. */
  #place() {
    const { left, bottom } = this.#button.getBoundingClientRect();
    const width = Math.min(22 * parseFloat(getComputedStyle(document.documentElement).fontSize), innerWidth - 2 * EDGE_PX);
    this.element.style.left = `${Math.max(Math.min(left, innerWidth - width - EDGE_PX), EDGE_PX)}px`;
    this.element.style.top = `${bottom}px`;
  }

  #fill() {
    if (!this.#link) return;
    const { reason, attempts, facts } = this.#link;
    const { preferred, skipped } = this.#workbench.session ?? {};
    const shown = JSON.stringify([reason, attempts, facts, preferred, skipped]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const title = make("h2", { text: label(this.#model) });
    title.tabIndex = -1;
    title.autofocus = true;
    const parts = [title, this.#word];
    if (reason) parts.push(make("p", { class: "reason", text: visible(reason) }));
    if (facts) parts.push(make("p", { class: "aside", text: factsOf(facts) }));
    if (attempts.length > 0) parts.push(lastAttempts(attempts));
    parts.push(make("p", { class: "actions" }, ...this.#actions()), this.#refusal);
    const hadFocus = this.element.contains(document.activeElement);
    this.element.replaceChildren(...parts);
    if (hadFocus) title.focus();
  }

  /** What the session can do with this model. */
  #actions() {
    const { session } = this.#workbench;
    if (!session) return [];
    const model = this.#model;
    const isFirst = session.preferred === model;
    const isSkipped = session.skipped.includes(model);
    return [
      this.#action(isFirst ? "Ask in the usual order" : "Ask this first", () => session.prefer(isFirst ? null : model)),
      this.#action(isSkipped ? "Use it again" : "Skip it", () => session.skip(model, !isSkipped)),
    ];
  }

  /**
   * @param {string} text
   * @param {() => Promise<unknown>} act
   */
  #action(text, act) {
    const button = make("button", { text });
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await act();
        this.element.hidePopover();
        this.#button.focus();
      } catch (thrown) {
        this.#refusal.textContent = visible(thrown instanceof Error ? thrown.message : String(thrown));
        button.focus();
      }
      this.#onSteered();
    });
    return button;
  }
}

/** @param {Link["attempts"]} attempts */
function lastAttempts(attempts) {
  const items = attempts.map((attempt) => {
    const { text, asides } = attemptWords(attempt);
    return make("li", { text: [text, ...asides].join(" · ") });
  });
  return make("div", {}, make("h3", { text: "Last attempts" }), make("ul", {}, ...items));
}

/** @param {import("../../sparewheel.js").ChainModel} facts */
function factsOf({ host, local, price }) {
  const place = host ? `Answers at ${label(host)}` : "Answers in this tab";
  const cost = price ? `${dollars(price.input)} in, ${dollars(price.output)} out for a million tokens` : "";
  const unknown = local ? "" : "price not known";
  return [place, cost || unknown].filter(Boolean).join(" · ");
}
