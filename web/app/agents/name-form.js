import { html, nothing } from "lit-html";

/** The form for the name of an agent: of the one in use, which is saved, or of a saved one, which gets another name. */
export class NameForm {
  #room;
  #draw;
  #attempt;
  /** @type {{id: string, name: string} | null} "" for the agent in use, which gets a name. */
  #asked = null;

  /**
   * @param {import("./room.js").AgentsRoom} room
   * @param {(focus: string) => void} draw Draws the template again; `focus`: a selector, or "".
   * @param {(work: () => void, done: string) => void} attempt Does it, and tells what went wrong or was done.
   */
  constructor(room, draw, attempt) {
    this.#room = room;
    this.#draw = draw;
    this.#attempt = attempt;
  }

  /**
   * @param {string} id
   * @param {string} name The one it has.
   */
  open(id, name) {
    this.#asked = { id, name };
    this.#draw("input.agent-name");
  }

  /**
   * The form, if the name of this agent is asked for.
   * @param {string} id
   */
  template(id) {
    const asked = this.#asked;
    if (asked?.id !== id) return nothing;
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.currentTarget);
      const name = String(new FormData(form).get("name"));
      this.#attempt(() => (id ? this.#rename(id, name) : this.#save(name)), id ? "Renamed." : "Saved.");
    };
    const cancel = () => {
      this.#asked = null;
      this.#draw("");
    };
    return html`
      <form class="name-form" @submit=${submit}>
        <label
          >Name <input class="agent-name" name="name" maxlength="100" required autocomplete="off" .value=${asked.name}
        /></label>
        <button type="submit">${id ? "Rename" : "Save"}</button>
        <button type="button" @click=${cancel}>Cancel</button>
      </form>
    `;
  }

  /** @param {string} name */
  #save(name) {
    const { yaml } = this.#room.workbench;
    const { kind, id } = this.#room.origin;
    const agent = this.#room.saved.save(name, yaml, kind === "saved" ? id : "");
    this.#asked = null;
    this.#room.came({ kind: "saved", id: agent.id, title: agent.name, yaml });
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  #rename(id, name) {
    const title = this.#room.saved.rename(id, name);
    this.#asked = null;
    const { origin } = this.#room;
    if (origin.kind === "saved" && origin.id === id) this.#room.came({ ...origin, title });
  }
}
