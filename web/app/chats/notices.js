import { make } from "../dom.js";

const MAX_LEFT = 20; // turns

/** What stands between the talk and the composer: that an answer was interrupted, or that another tab has the conversation. */
export class Notices {
  #room;
  #workbench;
  #kept;
  #element = make("div", { class: "chat-notice" });
  #key = "";

  /**
   * @param {HTMLElement} room
   * @param {import("../workbench.js").Workbench} workbench
   * @param {import("./kept.js").Kept} kept Has the interrupted turns that the user leaves as they are.
   */
  constructor(room, workbench, kept) {
    this.#room = room;
    this.#workbench = workbench;
    this.#kept = kept;
    this.#element.setAttribute("role", "status");
    room.append(this.#element);
  }

  /** Say what there is to say of the conversation on the page. */
  update() {
    const workbench = this.#workbench;
    const { restored, session } = workbench.chat;
    if (session?.readOnly) {
      this.#show("This conversation is open in another tab.", [["Take over", () => workbench.takeOver()]]);
    } else if (restored && session && !workbench.turn && !this.#left.includes(restored.interrupted)) {
      const text =
        restored.state === "in_doubt"
          ? "This answer was interrupted while a tool was running. If it goes on, you are asked about that first."
          : "This answer was interrupted.";
      this.#show(text, [
        ["Go on", () => workbench.resume()],
        ["Leave it", () => this.#leave(restored.interrupted)],
      ]);
    } else {
      this.#show("");
    }
  }

  /** @returns {unknown[]} */
  get #left() {
    const left = this.#kept.get("left");
    return Array.isArray(left) ? left : [];
  }

  /** @param {string} turn Its id. */
  #leave(turn) {
    this.#kept.set("left", [...this.#left, turn].slice(-MAX_LEFT));
    this.update();
  }

  /**
   * Show one notice in place of another one; the same one stays as it is.
   * @param {string} text Empty for none.
   * @param {[label: string, act: () => unknown][]} [actions]
   */
  #show(text, actions = []) {
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
