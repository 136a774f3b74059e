import { make } from "./dom.js";

const FOLDER = new URL("../examples/", import.meta.url);

/** @typedef {{name: string, title: string, shows: string, needs: string[]}} Example */

/** Offers the agent files that come with the page. */
export class ExamplesView {
  #choice;
  #about;
  #yaml;
  #onChosen;
  /** @type {Example[]} */
  #examples = [];
  /** The text that was put into the box last; if it has not been edited, it is replaced without asking. */
  #put = "";

  /**
   * @param {HTMLSelectElement} choice
   * @param {HTMLElement} about
   * @param {HTMLTextAreaElement} yaml
   * @param {(example: Example) => void} onChosen After the user has chosen one.
   */
  constructor(choice, about, yaml, onChosen) {
    this.#choice = choice;
    this.#about = about;
    this.#yaml = yaml;
    this.#onChosen = onChosen;
    choice.addEventListener("change", () => this.#choose(choice.value));
  }

  /** Put the first example into the box, unless something has been typed there already, and list them all. */
  async load() {
    const first = load("demo.yaml");
    first.catch(() => {}); // awaited below
    this.#examples = JSON.parse(await load("index.json"));
    this.#choice.append(...this.#examples.map(({ name, title }) => new Option(title, name)));
    const text = await first;
    if (this.#yaml.value !== "") return;
    this.#show("demo", text);
  }

  /** @param {string} name */
  async #choose(name) {
    const replaced = this.#yaml.value !== this.#put && this.#yaml.value.trim() !== "";
    if (replaced && !window.confirm("Replace the agent file in the box?")) {
      this.#choice.value = "";
      return;
    }
    try {
      const text = await load(`${name}.yaml`);
      if (this.#choice.value !== name) return; // another one has been chosen meanwhile
      this.#show(name, text);
      const example = this.#examples.find((candidate) => candidate.name === name);
      if (example) this.#onChosen(example);
    } catch (thrown) {
      this.#about.textContent = thrown instanceof Error ? thrown.message : String(thrown);
    }
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #show(name, text) {
    this.#choice.value = name;
    this.#yaml.value = this.#put = text;
    const { shows = "", needs = [] } = this.#examples.find((candidate) => candidate.name === name) ?? {};
    this.#about.replaceChildren(shows, ...(needs.length ? [make("br"), `Needs: ${needs.join(", ")}`] : []));
  }
}

/** @param {string} file */
async function load(file) {
  const response = await fetch(new URL(file, FOLDER));
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  return text;
}
