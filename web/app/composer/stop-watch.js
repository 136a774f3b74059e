import { make } from "../dom.js";

/** A turn that has not ended so long after Stop can be ended with its worker. */
const PATIENCE_MS = 2000;

/** Offers to restart the runtime when a turn does not stop. */
export class StopWatch {
  #workbench;
  #box = make("div", { class: "unstoppable" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} room
   * @param {import("../workbench.js").Workbench} workbench
   */
  constructor(room, workbench) {
    this.#workbench = workbench;
    const restart = make("button", { class: "danger", text: "Restart the runtime" });
    restart.type = "button";
    restart.addEventListener("click", () => {
      restart.disabled = true;
      workbench.restartRuntime().finally(() => (restart.disabled = false));
    });
    const text = "The turn does not stop. A restart takes a moment; the conversation is kept.";
    this.#box.append(make("p", { text }), restart);
    this.#box.setAttribute("role", "alert");
    this.#box.hidden = true;
    room.append(this.#box);
    workbench.subscribe({ turn: () => this.#calm(), end: () => this.#calm() });
  }

  /** The turn that runs has been told to stop. */
  begin() {
    const { turn } = this.#workbench;
    if (!turn) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#workbench.turn === turn) this.#box.hidden = false;
    }, PATIENCE_MS);
  }

  #calm() {
    clearTimeout(this.#timer);
    this.#box.hidden = true;
  }
}
