import { make } from "../dom.js";
import { label } from "../visible.js";

/** Which agent of a team is asked; shown if the file has several. */
export class AgentChoice {
  #room = make("label", { class: "agent-choice" }, make("span", { class: "unseen", text: "Agent to ask" }));
  #select = make("select");

  /**
   * @param {HTMLElement} tools
   * @param {import("../workbench.js").Workbench} workbench
   * @param {(problem: string) => void} say
   */
  constructor(tools, workbench, say) {
    this.#room.append(this.#select);
    this.#room.hidden = true;
    tools.append(this.#room);
    this.#select.addEventListener("change", () => {
      workbench.chooseAgent(this.#select.value).catch(({ message }) => say(`This agent cannot be asked: ${message}`));
    });
    const show = (/** @type {import("../../sparewheel.js").Session | null} */ session) => {
      const { agents = [], agent = "" } = session ?? {};
      this.#room.hidden = agents.length < 2;
      this.#select.replaceChildren(...agents.map((name) => new Option(label(name), name, false, name === agent)));
    };
    workbench.subscribe({ session: show, chat: ({ session }) => show(session) });
  }
}
