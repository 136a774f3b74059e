import { isTerminal } from "../../sparewheel.js";
import { make } from "../dom.js";
import { visible } from "../visible.js";
import { chip, showChips } from "./chip.js";
import { MAX_WAITING, Queue } from "./queue.js";
import { briefly } from "./prompt-text.js";

/** @typedef {import("./queue.js").Waiting} Waiting */

/** Prompts that were sent while an answer ran: each is sent when the turn before it has finished. */
export class WaitingView {
  #workbench;
  #home;
  #queue = new Queue();
  #list = make("ul", { class: "chips" });
  /** Whether the turn that runs has finished well: after a stop or a failure the user decides. */
  #isFinished = false;

  /**
   * @param {HTMLElement} room
   * @param {import("../workbench.js").Workbench} workbench
   * @param {HTMLElement} home Gets the focus when the last one is removed.
   */
  constructor(room, workbench, home) {
    this.#workbench = workbench;
    this.#home = home;
    this.#list.id = "waiting";
    this.#list.ariaLabel = "Waiting to be sent";
    room.append(this.#list);
    workbench.subscribe({
      turn: () => {
        this.#isFinished = false;
        this.#show();
      },
      event: (event) => {
        if (event.task === undefined && isTerminal(event)) this.#isFinished = event.type === "finish";
      },
      end: () => queueMicrotask(() => (this.#isFinished ? this.#sendNext() : this.#show())), // when every room knows of the end
      chat: () => this.#show(),
    });
    this.#show();
  }

  /**
   * @param {Waiting} waiting
   * @returns {string} Why it cannot wait; "" if it does.
   */
  add(waiting) {
    const isAdded = this.#queue.add(this.#workbench.chat, waiting);
    this.#show();
    return isAdded ? "" : `At most ${MAX_WAITING} prompts can wait.`;
  }

  /** @param {Waiting} [waiting] */
  #sendNext(waiting) {
    const { chat, turn, session } = this.#workbench;
    const next = turn || session?.readOnly ? undefined : this.#queue.take(chat, waiting);
    this.#show();
    if (next) void this.#workbench.takeTurn(next.prompt, next.options);
  }

  #show() {
    const { chat, turn } = this.#workbench;
    const chips = this.#queue.of(chat).map((waiting) => {
      const text = visible(briefly(waiting.prompt));
      const remove = () => {
        this.#queue.take(chat, waiting);
        this.#show();
      };
      const made = chip(text, `Do not send: ${text}`, remove, { detail: turn ? "next" : "not sent" });
      if (turn) return made;
      const send = make("button", { text: "Send now" });
      send.type = "button";
      send.addEventListener("click", () => this.#sendNext(waiting));
      made.lastElementChild?.before(send);
      return made;
    });
    showChips(this.#list, chips, this.#home);
  }
}
