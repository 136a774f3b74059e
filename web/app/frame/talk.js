import { followEnd, make } from "../dom.js";
import { TurnView } from "../turn-view.js";

/** The conversation on the page: its turns, one below the other. */
export class Talk {
  #box;
  #welcome;
  #greeting;
  #usualGreeting;
  #follow;
  #afterAnswer;
  #models;
  /** @type {TurnView | null} The turn that runs. */
  #view = null;
  #turnsOfSession = 0;

  /**
   * @param {{box: HTMLElement, welcome: HTMLElement, greeting: HTMLElement}} elements
   * @param {import("../workbench.js").Workbench} workbench
   * @param {() => void} afterAnswer Takes the focus after a question in the talk has been answered.
   */
  constructor({ box, welcome, greeting }, workbench, afterAnswer) {
    this.#box = box;
    this.#welcome = welcome;
    this.#greeting = greeting;
    this.#usualGreeting = greeting.textContent;
    this.#follow = followEnd(box);
    this.#afterAnswer = afterAnswer;
    this.#models = workbench.models;
    workbench.subscribe({
      turn: (turn) => this.#begin(turn),
      event: (event) => {
        if (event.type === "start") this.#turnsOfSession += 1;
        this.#view?.push(event);
      },
      end: (turn) => this.#end(turn),
      session: (session) => this.#use(session),
      newChat: () => this.#clear(),
      bootFailure: (error) => this.#showBootFailure(error, workbench),
    });
  }

  /** @param {import("../workbench.js").Turn} turn */
  #begin(turn) {
    this.#welcome.remove();
    this.#view = new TurnView(
      this.#box,
      turn.prompt,
      this.#follow,
      {
        confirm: async (confirmation) => turn.session?.confirm(confirmation),
        respond: async (answer) => turn.session?.respondToElicitation(answer),
        answered: this.#afterAnswer,
      },
      this.#models,
    );
    turn.transcript = this.#view.transcript;
  }

  /** @param {import("../workbench.js").Turn} turn */
  #end({ error }) {
    if (error?.kind === "aborted") this.#view?.stopped();
    else if (error) this.#view?.fail(error);
    this.#view = null;
  }

  /** @param {import("../../sparewheel.js").Session} session */
  #use({ welcomeMessage }) {
    this.#greeting.textContent = welcomeMessage || this.#usualGreeting;
    if (this.#turnsOfSession === 0) return;
    this.#turnsOfSession = 0;
    const divider = make("p", { class: "divider", text: "A new conversation: the agent has changed" });
    if (this.#view) this.#view.element.before(divider);
    else this.#box.append(divider);
  }

  #clear() {
    this.#view = null;
    this.#turnsOfSession = 0;
    this.#box.replaceChildren(this.#welcome);
  }

  /**
   * @param {import("../../sparewheel.js").SparewheelError} error
   * @param {import("../workbench.js").Workbench} workbench
   */
  #showBootFailure({ message, hint }, workbench) {
    const again = make("button", { text: "Start again" });
    again.type = "button";
    const box = make(
      "div",
      { class: "failure" },
      make("p", { class: "message", text: message }),
      make("p", { text: hint }),
      again,
    );
    box.setAttribute("role", "alert");
    again.addEventListener("click", () => {
      box.remove();
      this.#afterAnswer();
      void workbench.start();
    });
    this.#box.append(box);
  }
}
