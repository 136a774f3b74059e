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
    const show = () => void this.#show(workbench);
    workbench.subscribe({ session: show, chat: show, end: show });
  }

  /**
   * Show the agents of the file, and that one that is asked next: it was chosen, also on an earlier visit, or was handed the
   * conversation.
   * @param {import("../workbench.js").Workbench} workbench
   */
  async #show(workbench) {
    const { session } = workbench;
    const { agents = [], agent = "" } = session ?? {};
    this.#room.hidden = agents.length < 2;
    const names = [...this.#select.options].map(({ value }) => value);
    if (names.join("\n") !== agents.join("\n")) {
      this.#select.replaceChildren(...agents.map((name) => new Option(label(name), name, false, name === agent)));
    }
    if (!session || agents.length < 2) return;
    const told = await session.chain().catch(() => null); // it may be closed meanwhile
    if (told && session === workbench.session) this.#select.value = told.agent;
  }
}
