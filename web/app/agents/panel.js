// The drawer of the agents, but for the box for the file. Loaded when the drawer is opened.

import "../shared.js";
import { html, nothing, render } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { FileView } from "./file-view.js";
import { NameForm } from "./name-form.js";
import { whenReleased } from "./released.js";
import { isAboutAgents } from "./saved-agents.js";
import { ShareView } from "./share-view.js";
import { label, visible } from "../visible.js";

/** @typedef {import("./room.js").AgentsRoom} AgentsRoom */

/** @type {Panel | null} */
let panel = null;

/**
 * @param {{panel: HTMLElement, yaml: HTMLTextAreaElement}} elements
 * @param {AgentsRoom} room
 */
export function showPanel(elements, room) {
  panel ??= new Panel(elements, room);
  panel.opened();
}

class Panel {
  #element;
  #room;
  #draw;
  #file;
  #share;
  /** @type {import("./room.js").Example[]} */
  #examples = [];
  #examplesFailure = "";
  /** What the user is asked before the changed file is replaced. @type {{id: string, go: () => Promise<void>} | null} */
  #question = null;
  #names;
  /** @type {{agent: import("./saved-agents.js").SavedAgent, place: number} | null} */
  #deleted = null;
  /** What went wrong, or was done. */
  #note = "";
  /** The file that it is about. */
  #noted = "";
  /** @type {import("./chain-form.js").ChainForm | null} */
  #form = null;

  /**
   * @param {{panel: HTMLElement, yaml: HTMLTextAreaElement}} elements
   * @param {AgentsRoom} room
   */
  constructor({ panel: element, yaml }, room) {
    this.#element = element;
    this.#room = room;
    this.#draw = whenReleased(element, () => {
      render(html`${this.#inUse()} ${this.#chain()} ${this.#own()} ${this.#gallery()}`, element);
    });
    this.#file = new FileView(yaml, room);
    const drawAndFocus = (/** @type {string} */ selector) => {
      this.#draw();
      if (selector) this.#focus(selector);
    };
    this.#names = new NameForm(room, drawAndFocus, (work, done) => this.#try(work, done));
    this.#share = new ShareView(element, room.workbench, (note) => this.#tell(note));
    room.subscribe(() => {
      if (room.workbench.yaml !== this.#noted) this.#note = "";
      this.#draw();
    });
    addEventListener("storage", (event) => {
      if (isAboutAgents(event)) this.#draw();
    });
  }

  opened() {
    this.#draw();
    this.#room.examples().then(
      (examples) => {
        this.#examples = examples;
        this.#examplesFailure = "";
        this.#draw();
      },
      ({ message }) => {
        this.#examplesFailure = `The examples did not load: ${message}`;
        this.#draw();
      },
    );
  }

  /** @param {string} note */
  #tell(note) {
    this.#note = note;
    this.#noted = this.#room.workbench.yaml;
    this.#draw();
  }

  #inUse() {
    const { origin, isChanged, undoable } = this.#room;
    const about = this.#examples.find(({ name }) => origin.kind === "example" && name === origin.id)?.shows;
    const note = this.#note || undoable?.what || "";
    return html`
      <section class="agent-in-use" aria-label="Agent in use">
        <p class="agent-title">
          <strong><bdi>${label(origin.title)}</bdi></strong
          >${isChanged ? html` <span class="mark">changed</span>` : nothing}
        </p>
        ${about && !isChanged ? html`<p class="aside">${about}</p>` : nothing}
        <div class="row">
          <button type="button" @click=${() => this.#names.open("", origin.kind === "saved" ? origin.title : "")}>Save</button>
          <button type="button" @click=${() => this.#share.make()}>Share by link</button>
          <button type="button" @click=${() => this.#file.focus()}>Edit as file</button>
        </div>
        ${this.#names.template("")} ${this.#share.template()}
        <div class="note" role="status">
          ${visible(note)}
          ${undoable && !this.#note ? html`<button type="button" @click=${() => this.#room.undo()}>Undo</button>` : nothing}
        </div>
      </section>
    `;
  }

  #gallery() {
    return html`
      <section aria-labelledby="gallery-title">
        <h3 id="gallery-title">Examples</h3>
        ${this.#examplesFailure ? html`<p class="form-problem" role="alert">${this.#examplesFailure}</p>` : nothing}
        <ul class="gallery">
          ${repeat(
            this.#examples,
            ({ name }) => name,
            (example) => this.#example(example),
          )}
        </ul>
      </section>
    `;
  }

  /** @param {import("./room.js").Example} example */
  #example(example) {
    const { name, title, shows, needs } = example;
    const { origin, isChanged } = this.#room;
    const isUsed = origin.kind === "example" && origin.id === name;
    return html`
      <li aria-current=${isUsed ? "true" : nothing}>
        <button type="button" class="agent-choice" @click=${() => this.#choose(name, () => this.#room.useExample(example))}>
          ${title}
        </button>
        ${isUsed ? html`<span class="mark">${isChanged ? "in use, changed" : "in use"}</span>` : nothing}
        <p>${shows}</p>
        ${needs.length ? html`<p class="aside">Needs: ${needs.join(", ")}</p>` : nothing} ${this.#asked(name)}
      </li>
    `;
  }

  #own() {
    const agents = this.#room.saved.list();
    const undo = () => {
      const deleted = this.#deleted;
      this.#deleted = null;
      if (deleted) this.#try(() => this.#room.saved.restore(deleted.agent, deleted.place), "");
    };
    return html`
      <section aria-labelledby="own-title">
        <h3 id="own-title">Your agents</h3>
        ${agents.length ? nothing : html`<p class="aside">Agents that you save are kept in this browser.</p>`}
        <ul class="gallery">
          ${repeat(
            agents,
            ({ id }) => id,
            (agent) => this.#savedAgent(agent),
          )}
        </ul>
        <div class="note" role="status">
          ${
            this.#deleted
              ? html`<bdi>${label(this.#deleted.agent.name)}</bdi> is deleted. <button type="button" @click=${undo}>Undo</button>`
              : nothing
          }
        </div>
      </section>
    `;
  }

  /** @param {import("./saved-agents.js").SavedAgent} agent */
  #savedAgent(agent) {
    const { id, name, yaml } = agent;
    const { origin, isChanged } = this.#room;
    const isUsed = origin.kind === "saved" && origin.id === id;
    const use = async () => this.#room.replace(yaml, { kind: "saved", id, title: name, yaml });
    return html`
      <li aria-current=${isUsed ? "true" : nothing}>
        <button type="button" class="agent-choice" @click=${() => this.#choose(id, use)}><bdi>${label(name)}</bdi></button>
        ${isUsed ? html`<span class="mark">${isChanged ? "in use, changed" : "in use"}</span>` : nothing}
        <span class="row">
          <button type="button" aria-label="Rename ${label(name)}" @click=${() => this.#names.open(id, name)}>Rename</button>
          <button type="button" aria-label="Delete ${label(name)}" @click=${() => this.#delete(agent)}>Delete</button>
        </span>
        ${this.#names.template(id)} ${this.#asked(id)}
      </li>
    `;
  }

  #chain() {
    const open = (/** @type {Event} */ { currentTarget }) => {
      if (!(/** @type {HTMLDetailsElement} */ (currentTarget).open) || this.#form) return;
      import("./chain-form.js").then(
        ({ ChainForm }) => {
          this.#form ??= new ChainForm(this.#room, this.#draw);
          this.#draw();
        },
        ({ message }) => this.#tell(`The form did not load: ${message}`),
      );
    };
    return html`
      <details class="chain-form" @toggle=${open}>
        <summary>The chain of models</summary>
        ${this.#form ? this.#form.template(() => this.#file.focus()) : html`<p class="aside">Loading…</p>`}
      </details>
    `;
  }

  /**
   * Use an agent; a changed file is replaced after a question only.
   * @param {string} id
   * @param {() => Promise<void>} use
   */
  #choose(id, use) {
    const go = async () => {
      this.#question = null;
      try {
        await use();
      } catch (thrown) {
        this.#tell(`It did not load: ${thrown instanceof Error ? thrown.message : thrown}`);
      }
      this.#draw();
    };
    if (!this.#room.isChanged || this.#room.workbench.yaml.trim() === "") return void go();
    this.#question = { id, go };
    this.#draw();
    this.#focus(".question button");
  }

  /** @param {string} id */
  #asked(id) {
    const question = this.#question;
    if (question?.id !== id) return nothing;
    const keep = () => {
      this.#question = null;
      this.#draw();
    };
    return html`
      <div class="question" role="group" aria-label="Replace the file that you have changed?">
        <p>Replace the file that you have changed?</p>
        <div class="row">
          <button type="button" @click=${() => question.go()}>Replace it</button>
          <button type="button" @click=${keep}>Keep my file</button>
        </div>
      </div>
    `;
  }

  /** @param {string} selector */
  #focus(selector) {
    const element = this.#element.querySelector(selector);
    if (element instanceof HTMLElement) element.focus();
    if (element instanceof HTMLInputElement) element.select();
  }

  /** @param {import("./saved-agents.js").SavedAgent} agent */
  #delete(agent) {
    const place = this.#room.saved.list().findIndex(({ id }) => id === agent.id);
    this.#try(() => {
      this.#room.saved.delete(agent.id);
      this.#deleted = { agent, place };
    }, "");
    this.#focus('[aria-labelledby="own-title"] .note button');
  }

  /**
   * @param {() => void} work Throws with a sentence for the user.
   * @param {string} done
   */
  #try(work, done) {
    try {
      work();
      this.#tell(done);
    } catch (thrown) {
      this.#tell(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}
