// The form for the chain of an agent: it writes into the text of the file. Loaded when it is opened.

import "../shared.js";
import { html, nothing } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { catalogue, factsOf } from "./catalogue.js";
import { NotEditable } from "./chain-place.js";
import { namesIn, readChain, withModels, withSetting } from "./chain-text.js";
import { label, visible } from "../visible.js";

const DURATION = /^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;
const RETRIES = /^(?:-[12]|\d{1,2}|100|forever)$/;
const FIELDS = /** @type {const} */ ([
  {
    name: "retries",
    label: "Retries",
    usual: "2",
    help: "of the same model; -1: none, or forever",
    valid: RETRIES,
  },
  { name: "cooldown", label: "Cooldown", usual: "60s", help: "after a failure, e.g. 30s or 2m", valid: DURATION },
  { name: "hedge_after", label: "Hedge after", usual: "off", help: "then ask the next one as well, e.g. 2s", valid: DURATION },
]);

export class ChainForm {
  #room;
  #redraw;
  #agent = "";
  /** @type {Map<string, import("./catalogue.js").Model>} */
  #models = new Map();
  #adding = "";
  /** Why the last change was not made. */
  #refusal = "";
  #dragged = -1;

  /**
   * @param {import("./room.js").AgentsRoom} room
   * @param {() => void} redraw
   */
  constructor(room, redraw) {
    this.#room = room;
    this.#redraw = redraw;
    catalogue().then(
      (models) => {
        this.#models = models;
        redraw();
      },
      () => {}, // the field takes any text
    );
  }

  /** @param {() => void} editFile */
  template(editFile) {
    let agents, chain;
    /** @type {string[]} */
    let own = [];
    try {
      ({ agents, models: own } = namesIn(this.#room.workbench.yaml));
      if (!agents.includes(this.#agent)) this.#agent = agents[0] ?? "";
      chain = readChain(this.#room.workbench.yaml, this.#agent);
    } catch (thrown) {
      if (!(thrown instanceof NotEditable)) throw thrown;
      return html`
        ${agents ? this.#choice(agents) : nothing}
        <p>This chain can be changed in the file only. ${visible(thrown.message)}</p>
        <button type="button" @click=${editFile}>Edit as file</button>
      `;
    }
    return html`
      ${this.#choice(agents)}
      <ol class="chain-list" aria-label="Models, first to last">
        ${repeat(
          keyed(chain.models),
          ([key]) => key,
          ([, name], at) => this.#row(name, at, chain.models),
        )}
      </ol>
      ${this.#adder(own, chain.models)}
      <div class="chain-fields">${FIELDS.map((field) => this.#field(field, chain.settings[field.name]))}</div>
      <p class="form-problem" role="alert" ?hidden=${!this.#refusal}>${visible(this.#refusal)}</p>
      <button type="button" @click=${editFile}>Edit as file</button>
    `;
  }

  /** @param {string[]} agents */
  #choice(agents) {
    if (agents.length < 2) return nothing;
    const choose = (/** @type {Event} */ { target }) => {
      this.#agent = /** @type {HTMLSelectElement} */ (target).value;
      this.#redraw();
    };
    return html`
      <label for="chain-agent">Agent</label>
      <select id="chain-agent" @change=${choose}>
        ${agents.map((name) => html`<option value=${name} ?selected=${name === this.#agent}>${label(name)}</option>`)}
      </select>
    `;
  }

  /**
   * @param {string} name
   * @param {number} at
   * @param {readonly string[]} models
   */
  #row(name, at, models) {
    const facts = factsOf(this.#models.get(name));
    return html`
      <li
        draggable="true"
        @dragstart=${(/** @type {DragEvent} */ event) => {
          this.#dragged = at;
          event.dataTransfer?.setData("text/plain", name);
        }}
        @dragover=${(/** @type {DragEvent} */ event) => this.#dragged >= 0 && event.preventDefault()}
        @drop=${(/** @type {DragEvent} */ event) => {
          event.preventDefault();
          this.#move(models, this.#dragged, at);
          this.#dragged = -1;
        }}
        @dragend=${() => (this.#dragged = -1)}
      >
        <span class="grip" aria-hidden="true"></span>
        <span class="chain-model"><bdi>${label(name)}</bdi>${facts ? html`<small>${facts}</small>` : nothing}</span>
        <button type="button" aria-label="Move ${label(name)} up" ?disabled=${at === 0} @click=${this.#mover(models, at, -1)}>
          ↑
        </button>
        <button
          type="button"
          aria-label="Move ${label(name)} down"
          ?disabled=${at === models.length - 1}
          @click=${this.#mover(models, at, 1)}
        >
          ↓
        </button>
        <button
          type="button"
          aria-label="Remove ${label(name)}"
          ?disabled=${models.length === 1}
          @click=${() => this.#write(models.toSpliced(at, 1), `${name} is removed.`)}
        >
          ×
        </button>
      </li>
    `;
  }

  /**
   * Moves a model by a button, which keeps the focus; at the end of the list its neighbour gets it.
   * @param {readonly string[]} models
   * @param {number} at
   * @param {number} by
   */
  #mover(models, at, by) {
    return (/** @type {Event} */ { currentTarget }) => {
      const button = /** @type {HTMLButtonElement} */ (currentTarget);
      this.#move(models, at, at + by);
      const next = button.disabled ? button.parentElement?.querySelector("button:not(:disabled)") : button;
      if (next instanceof HTMLElement) next.focus();
    };
  }

  /**
   * @param {readonly string[]} models
   * @param {number} from
   * @param {number} to
   */
  #move(models, from, to) {
    const name = models[from];
    if (name === undefined || from === to) return;
    this.#write(models.toSpliced(from, 1).toSpliced(to, 0, name), `${name} is number ${to + 1} now.`);
  }

  /**
   * @param {string[]} own Models that the file defines.
   * @param {readonly string[]} models
   */
  #adder(own, models) {
    const add = (/** @type {Event} */ event) => {
      event.preventDefault();
      const name = this.#adding.trim();
      if (!name) return;
      if (models.includes(name)) this.#refusal = `${name} is in the chain already.`;
      else if (this.#write([...models, name], `${name} is added.`)) this.#adding = "";
      this.#redraw();
    };
    const known = [...this.#models.values()];
    return html`
      <form class="chain-add" @submit=${add}>
        <label for="chain-add">Add a model</label>
        <input
          id="chain-add"
          list="chain-models"
          autocomplete="off"
          spellcheck="false"
          maxlength="200"
          placeholder="provider/model"
          aria-describedby="chain-add-facts"
          .value=${this.#adding}
          @input=${(/** @type {Event} */ { target }) => {
            this.#adding = /** @type {HTMLInputElement} */ (target).value;
            this.#refusal = "";
            this.#redraw();
          }}
        />
        <datalist id="chain-models">
          ${own.map((name) => html`<option value=${name}>defined in this file</option>`)}
          ${known.map((model) => html`<option value=${model.name}>${factsOf(model)}</option>`)}
        </datalist>
        <button type="submit">Add</button>
        <p id="chain-add-facts" class="aside">
          ${factsOf(this.#models.get(this.#adding.trim())) || "From the list, or any other name"}
        </p>
      </form>
    `;
  }

  /**
   * @param {typeof FIELDS[number]} field
   * @param {string} value
   */
  #field({ name, label, usual, help, valid }, value) {
    const change = (/** @type {Event} */ { target }) => {
      const text = /** @type {HTMLInputElement} */ (target).value.trim();
      if (text && !valid.test(text)) {
        this.#refusal = `${label}: "${text}" cannot be used; ${help}.`;
        this.#redraw();
      } else this.#apply(() => withSetting(this.#room.workbench.yaml, this.#agent, name, text), `${label}: ${text || usual}.`);
    };
    return html`
      <div>
        <label for="chain-${name}">${label}</label>
        <input
          id="chain-${name}"
          autocomplete="off"
          maxlength="40"
          placeholder=${usual}
          aria-describedby="chain-${name}-help"
          .value=${value}
          @change=${change}
        />
        <small id="chain-${name}-help">${help}</small>
      </div>
    `;
  }

  /**
   * @param {string[]} models
   * @param {string} what
   */
  #write(models, what) {
    return this.#apply(() => withModels(this.#room.workbench.yaml, this.#agent, models), what);
  }

  /**
   * @param {() => string} change The new text of the file.
   * @param {string} what
   */
  #apply(change, what) {
    try {
      const yaml = change();
      this.#refusal = "";
      if (yaml !== this.#room.workbench.yaml) this.#room.edit(yaml, what);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof NotEditable)) throw thrown;
      this.#refusal = `${thrown.message} Edit it as a file.`;
      this.#redraw();
      return false;
    }
  }
}

/**
 * Each model with a key for its row: a model may be in the list twice.
 * @param {readonly string[]} models
 * @returns {[string, string][]}
 */
function keyed(models) {
  return models.map((name, at) => [`${name} ${models.slice(0, at).filter((other) => other === name).length}`, name]);
}
