// The agent in use: where its file comes from, whether it was changed, and the way back. What is in the drawer beside the
// box for the file is loaded when the drawer is opened.

import { SavedAgents } from "./saved-agents.js";
import { isOffer } from "./share.js";
import { label, visible } from "../visible.js";

export const FOLDER = new URL("../examples/", import.meta.url);
const FIRST = { name: "demo", title: "A turn that survives" };

/**
 * @typedef {{name: string, title: string, shows: string, needs: string[], sample?: Sample}} Example
 * @typedef {{file: string, prompt: string}} Sample A file of the examples, and what can be asked about it.
 *
 * @typedef {object} Origin
 * @property {"example" | "saved" | "link" | "own"} kind
 * @property {string} id
 * @property {string} title
 * @property {string} yaml The file as it came from there.
 */

export class AgentsRoom {
  #elements;
  #onNeeds;
  /** @type {(() => void)[]} */
  #listeners = [];
  /** @type {Promise<{showPanel: typeof import("./panel.js").showPanel}> | null} */
  #panel = null;
  /** @type {Promise<Example[]> | null} */
  #list = null;
  #ours = false;
  /** The example that is being loaded. @type {symbol | null} */
  #chosen = null;
  workbench;
  saved = new SavedAgents();
  /** @type {Origin} */
  origin = { kind: "own", id: "", title: "Your agent", yaml: "" };
  /** What the last replacement replaced. @type {{yaml: string, origin: Origin, what: string} | null} */
  undoable = null;

  /**
   * @param {object} elements
   * @param {HTMLElement} elements.panel Where the rest of the drawer is shown.
   * @param {HTMLTextAreaElement} elements.yaml
   * @param {HTMLElement} elements.problem
   * @param {HTMLElement} elements.name In the header.
   * @param {import("../workbench.js").Workbench} workbench
   * @param {(names: string[]) => void} onNeeds The names of the keys that the chosen agent needs.
   */
  constructor(elements, workbench, onNeeds) {
    this.#elements = elements;
    this.workbench = workbench;
    this.#onNeeds = onNeeds;
    const { yaml, problem, name } = elements;
    yaml.addEventListener("input", () => this.edit(yaml.value));
    workbench.subscribe({
      agent: (text) => this.#show(text),
      problem: (text) => {
        problem.textContent = visible(text);
        problem.hidden = text === "";
        yaml.ariaInvalid = String(text !== "");
        this.#changed();
      },
    });
    this.subscribe(() => (name.textContent = `${label(this.origin.title)}${this.isChanged ? " · changed" : ""}`));
    addEventListener("hashchange", () => this.#lookAtLink());
    this.#lookAtLink();
  }

  /** @param {() => void} listener Called after the agent, its origin or its problem has changed. */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  #changed() {
    for (const listener of this.#listeners) listener();
  }

  get isChanged() {
    return this.workbench.yaml !== this.origin.yaml;
  }

  /** The examples. Rejects with the reason if their list did not load; the next call tries again. */
  examples() {
    this.#list ??= load("index.json").then(JSON.parse);
    this.#list.catch(() => (this.#list = null));
    return this.#list;
  }

  /**
   * Use the first example, unless a file has been written already.
   * @param {string} [kept] The file that was in use when the page was left: then that.
   */
  async loadFirst(kept = "") {
    if (kept) {
      this.#set(kept, this.saved.originOf(kept) ?? { kind: "own", id: "", title: "Your agent", yaml: kept });
      return;
    }
    const text = await load(`${FIRST.name}.yaml`);
    if (this.workbench.yaml !== "") return;
    this.#set(text, { kind: "example", id: FIRST.name, title: FIRST.title, yaml: text });
  }

  /** @param {Example} example */
  async useExample({ name, title, needs }) {
    const choice = (this.#chosen = Symbol(name));
    const yaml = await load(`${name}.yaml`);
    if (choice !== this.#chosen) return; // another one was chosen since
    this.replace(yaml, { kind: "example", id: name, title, yaml });
    this.needs(needs);
  }

  /**
   * Use another file. The one before can be had back.
   * @param {string} yaml
   * @param {Origin} origin
   */
  replace(yaml, origin) {
    this.undoable = { yaml: this.workbench.yaml, origin: this.origin, what: `${origin.title} is in use.` };
    this.#set(yaml, origin);
  }

  /**
   * Another text of the same agent.
   * @param {string} yaml
   * @param {string} [what] What was done, if it can be undone.
   */
  edit(yaml, what) {
    this.undoable = what ? { yaml: this.workbench.yaml, origin: this.origin, what } : null;
    this.#set(yaml, this.origin);
  }

  undo() {
    if (!this.undoable) return;
    const { yaml, origin } = this.undoable;
    this.undoable = null;
    this.#set(yaml, origin);
  }

  /** @param {Origin} origin Of the text that is in use, e.g. after it was saved. */
  came(origin) {
    this.origin = origin;
    this.saved.keepOrigin(this.workbench.yaml, origin);
    this.#changed();
  }

  /** @param {boolean} isOpen Of the drawer. */
  async toggled(isOpen) {
    if (!isOpen) return;
    this.#panel ??= import("./panel.js");
    this.#panel.catch(() => (this.#panel = null));
    try {
      (await this.#panel).showPanel(this.#elements, this);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#elements.panel.textContent = `The list of agents did not load (${why}). The file can be edited below.`;
    }
  }

  /**
   * @param {string} yaml
   * @param {Origin} origin
   */
  #set(yaml, origin) {
    this.#chosen = null;
    this.origin = origin;
    this.#ours = true;
    this.workbench.setAgent(yaml);
    this.#ours = false;
    this.saved.keepOrigin(yaml, origin);
    this.#changed();
  }

  /** @param {string} yaml Of the workbench. */
  #show(yaml) {
    const { yaml: box } = this.#elements;
    if (box.value !== yaml) box.value = yaml;
    if (this.#ours) return;
    const known = this.saved.list().find((agent) => agent.yaml === yaml);
    this.undoable = null;
    this.origin = known
      ? { kind: "saved", id: known.id, title: known.name, yaml }
      : yaml === this.origin.yaml
        ? this.origin
        : { kind: "own", id: "", title: "Your agent", yaml };
    this.#changed();
  }

  /** Offer the file of a link, until the user has decided about it. */
  async #lookAtLink() {
    if (!isOffer(location.hash)) return;
    const { offer } = await import("./offer.js");
    await offer(location.hash, this);
  }

  /** @param {string[]} names Of the keys that the chosen agent needs. */
  needs(names) {
    this.#onNeeds(names.filter((each) => /^[A-Z0-9_]+$/.test(each)));
  }
}

/** @param {string} file */
async function load(file) {
  const response = await fetch(new URL(file, FOLDER));
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  return text;
}
