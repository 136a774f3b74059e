import { make } from "../dom.js";
import { visible } from "../visible.js";

let made = 0;

/** A question that the turn waits for: a group with a title, whatever is to be filled in, and buttons. */
export class QuestionView {
  element;
  #problem = make("p", { class: "question-problem" });
  #buttons = make("div", { class: "question-buttons" });
  #busy = false;
  /** @type {HTMLElement} What takes the focus. */
  #entry;
  /** Called when it is no longer open. */
  removed = () => {};
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;

  /**
   * @param {string} title
   * @param {...Node} content
   */
  constructor(title, ...content) {
    const heading = make("p", { class: "question-title", text: title });
    heading.id = `question-${++made}`;
    const form = make("form", {}, heading, ...content, this.#buttons, this.#problem);
    this.element = make("div", { class: "question" }, form); // a form has no role of a group
    this.#entry = this.element;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-labelledby", heading.id);
    this.element.tabIndex = -1;
    this.#problem.setAttribute("role", "alert");
    this.#problem.hidden = true;
    this.element.addEventListener("submit", (event) => event.preventDefault());
  }

  /**
   * @param {string} label
   * @param {() => Promise<unknown>} act
   * @param {{submits?: boolean, class?: string}} [options] `submits`: Enter presses it, and the input is checked.
   */
  button(label, act, { submits = false, class: className } = {}) {
    const run = () => this.answer(act);
    const button = this.action(label, submits ? () => {} : run, { class: className });
    if (submits) {
      button.type = "submit";
      this.element.addEventListener("submit", run);
    }
    return button;
  }

  /**
   * A button that does not answer the question.
   * @param {string} label
   * @param {() => void} act
   * @param {{class?: string | undefined}} [options]
   */
  action(label, act, { class: className } = {}) {
    const button = make("button", { text: label, ...(className ? { class: className } : {}) });
    button.type = "button";
    button.addEventListener("click", act);
    this.#buttons.append(button);
    return button;
  }

  /** The focus goes to the first field of the content when the question is announced. */
  beginInFirstField() {
    const field = this.element.querySelector("input, select, textarea");
    if (field instanceof HTMLElement) this.#entry = field;
  }

  /**
   * Tell how long the question stays open.
   * @param {number} seconds
   */
  countDown(seconds) {
    const left = make("p", { class: "question-time" });
    const end = Date.now() + seconds * 1000;
    const show = () => {
      const rest = Math.max(0, Math.round((end - Date.now()) / 1000));
      left.textContent = `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")} left to answer; then it is not run`;
    };
    show();
    this.#clock = setInterval(() => (this.element.isConnected ? show() : clearInterval(this.#clock)), 1000);
    this.#buttons.before(left);
  }

  /**
   * Take the focus, so that a screen reader reads the question; but not while the user is typing, because the next key
   * would be lost, and never to a button, because that key could press it.
   */
  announce() {
    const at = document.activeElement;
    const typing = at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement;
    if ((typing && at.value !== "") || at?.closest(".question")) return;
    this.#entry.focus({ preventScroll: true });
    this.#reveal();
    // The talk scrolls to its end in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => this.#reveal()));
  }

  /** A question that is taller than what it scrolls in is shown from its top. */
  #reveal() {
    const room = this.element.closest("#transcript, dialog")?.clientHeight ?? innerHeight;
    this.element.scrollIntoView({ block: this.element.offsetHeight > room ? "start" : "nearest" });
  }

  /** @returns {boolean} Whether the focus was in it. */
  remove() {
    const hadFocus = this.element.contains(document.activeElement);
    clearInterval(this.#clock);
    this.element.remove();
    this.removed();
    return hadFocus;
  }

  /**
   * Answer the question; a failure is shown in it.
   * @param {() => Promise<unknown>} act
   */
  async answer(act) {
    if (this.#busy) return;
    this.#setBusy(true);
    this.#problem.hidden = true;
    try {
      await act();
      this.element.dispatchEvent(new CustomEvent("answered"));
    } catch (thrown) {
      this.#problem.textContent = visible(thrown instanceof Error ? thrown.message : String(thrown));
      this.#problem.hidden = false;
      this.#setBusy(false);
    }
  }

  /**
   * Not by `disabled`, which would take the focus from the button that was pressed.
   * @param {boolean} busy
   */
  #setBusy(busy) {
    this.#busy = busy;
    for (const button of this.#buttons.querySelectorAll("button")) button.ariaDisabled = String(busy);
  }
}
