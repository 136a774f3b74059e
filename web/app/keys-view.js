import { make } from "./dom.js";

/** Rows of name and key. What is typed stays in the inputs: nothing is stored anywhere else. */
export class KeysView {
  #list;
  #onChange;
  #made = 0;

  /**
   * @param {HTMLElement} list
   * @param {HTMLButtonElement} add
   * @param {() => void} onChange
   */
  constructor(list, add, onChange) {
    this.#list = list;
    this.#onChange = onChange;
    add.addEventListener("click", () => this.#addRow().focus());
    list.addEventListener("input", onChange);
    this.#addRow();
  }

  /** @returns {Record<string, string>} */
  get values() {
    /** @type {Record<string, string>} */
    const values = {};
    for (const row of this.#list.children) {
      const [name, key] = row.querySelectorAll("input");
      if (name?.value.trim() && key?.value) values[name.value.trim()] = key.value;
    }
    return values;
  }

  /**
   * Have a row for each of these names; rows without a key make room.
   * @param {string[]} names
   */
  offer(names) {
    for (const row of [...this.#list.children]) {
      const [, key] = row.querySelectorAll("input");
      if (!key?.value) row.remove();
    }
    const known = this.values;
    for (const name of names) {
      if (!(name in known)) this.#addRow().value = name;
    }
    if (this.#list.childElementCount === 0) this.#addRow();
  }

  #addRow() {
    this.#made += 1;
    const name = this.#input("text", `key-name-${this.#made}`, "OPENAI_API_KEY");
    const key = this.#input("password", `key-value-${this.#made}`, "");
    const remove = make("button", { text: "Remove" });
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove key ${this.#made}`);
    const row = make(
      "li",
      {},
      make("div", {}, this.#label(name, "Name"), name),
      make("div", {}, this.#label(key, "Key"), key),
      remove,
    );
    remove.addEventListener("click", () => {
      row.remove();
      this.#onChange();
    });
    this.#list.append(row);
    return name;
  }

  /**
   * @param {string} type
   * @param {string} id
   * @param {string} placeholder
   */
  #input(type, id, placeholder) {
    const input = make("input");
    Object.assign(input, { type, id, placeholder, spellcheck: false });
    // "off" is not heeded for passwords; this is, and keeps the browser from offering to save a key as a login.
    input.autocomplete = type === "password" ? "new-password" : "off";
    return input;
  }

  /**
   * @param {HTMLInputElement} input
   * @param {string} text
   */
  #label(input, text) {
    const label = make("label", { text });
    label.htmlFor = input.id;
    return label;
  }
}
