import { make } from "../dom.js";

/** What stands between the talk and the composer: that an answer was interrupted, or that another tab has the conversation. */
export class Notices {
  #room;
  #element = make("div", { class: "chat-notice" });
  #key = "";

  /** @param {HTMLElement} room */
  constructor(room) {
    this.#room = room;
    this.#element.setAttribute("role", "status");
    room.append(this.#element);
  }

  /**
   * Show one notice in place of another one; the same one stays as it is.
   * @param {string} text Empty for none.
   * @param {[label: string, act: () => unknown][]} [actions]
   */
  show(text, actions = []) {
    const key = [text, ...actions.map(([label]) => label)].join("\n");
    if (key === this.#key) return;
    this.#key = key;
    const buttons = actions.map(([label, act], place) => {
      const button = make("button", { text: label, class: place === 0 ? "primary" : "" });
      button.type = "button";
      button.addEventListener("click", () => act());
      return button;
    });
    this.#element.replaceChildren(...(text ? [make("p", { text })] : []), ...buttons);
    this.#room.classList.toggle("has-notice", text !== "");
  }
}
