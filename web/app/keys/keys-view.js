import { make } from "../dom.js";
import { KeyRow } from "./key-row.js";
import { beginSignIn, KEY_NAME } from "./openrouter.js";
import { titlesOf } from "./providers.js";
import { RememberView } from "./remember-view.js";

/** The panel with the keys. */
export class KeysView {
  #keyring;
  #list = make("ul");
  #needs = make("p", { class: "key-needs" });
  #add = make("button", { text: "Add a key" });
  #signIn = make("button", { text: "Sign in with OpenRouter" });
  #signInNote = make("p", { class: "key-note" });
  /** @type {KeyRow[]} */
  #rows = [];
  /** @type {KeyRow | null} The empty row of a list without keys. */
  #first = null;
  /** @type {string[]} */
  #needed = [];

  /**
   * @param {HTMLElement} panel
   * @param {import("./keyring.js").Keyring} keyring
   * @param {import("./vault.js").Vault} vault
   * @param {(address: string) => void} leave Goes to another page.
   */
  constructor(panel, keyring, vault, leave) {
    this.#keyring = keyring;
    this.#list.id = "keys";
    this.#add.id = "add-key";
    this.#add.type = this.#signIn.type = "button";
    this.#needs.hidden = true;
    this.#signInNote.setAttribute("role", "status");
    const about =
      "Your API keys. They stay in this tab and go only to the provider they belong to. Closing the tab forgets them.";
    const remember = new RememberView(vault, () => this.#add.focus());
    panel.append(
      make("p", { class: "aside", text: about }),
      this.#needs,
      this.#list,
      this.#add,
      make("section", { class: "sign-in" }, this.#signIn, this.#signInAbout(), this.#signInNote),
      remember.element,
    );
    this.#add.addEventListener("click", () => this.#addRow().focus());
    this.#signIn.addEventListener("click", () => this.#begin(leave));
    keyring.addEventListener("change", () => this.#refresh());
    this.#refresh();
  }

  /**
   * Have a row for each key that the agent file asks for and that is not there.
   * @param {string[]} names
   */
  need(names) {
    this.#needed = [...new Set(names)];
    this.#refresh();
  }

  /** Take the reader to the first field that waits for a key. */
  focusMissing() {
    (this.#rows.find(({ name }) => name && !this.#keyring.has(name)) ?? this.#rows[0])?.focus();
  }

  /** @param {string} text What came of a sign-in. */
  signedIn(text) {
    this.#signInNote.textContent = text;
  }

  #signInAbout() {
    const text = globalThis.crypto?.subtle
      ? "One account for the models of many providers. OpenRouter asks you how much may be spent, and gives this tab a key."
      : "Signing in needs a page that is served over https. Paste a key instead.";
    this.#signIn.disabled = !globalThis.crypto?.subtle;
    return make("p", { class: "aside", text });
  }

  /** @param {(address: string) => void} leave */
  async #begin(leave) {
    try {
      leave(await beginSignIn(location.href, sessionStorage));
    } catch (thrown) {
      this.signedIn(`The sign-in could not begin: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }

  #refresh() {
    const missing = this.#needed.filter((name) => !this.#keyring.has(name));
    const shown = [...this.#keyring.names, ...missing];
    for (const row of [...this.#rows]) if (!row.isOpen && !row.isFocused && this.#isSpare(row, shown)) this.#drop(row);
    for (const name of shown) if (!this.#rows.some((row) => row.name === name)) this.#addRow(name);
    if (this.#rows.length === 0) this.#first = this.#addRow();
    for (const row of this.#rows) row.refresh();
    this.#needs.hidden = missing.length === 0;
    const some = this.#needed.length - missing.length;
    const enough = missing.length > 1 && some === 0 ? " One is enough to start." : "";
    this.#needs.textContent = `Needs a key for ${titlesOf(missing)}.${enough}`;
    this.#signIn.classList.toggle("primary", missing.includes(KEY_NAME));
  }

  /**
   * Rows for keys that are neither there nor asked for make room, a second one for the same key, and the empty one that was
   * there first.
   * @param {KeyRow} row
   * @param {string[]} shown
   */
  #isSpare(row, shown) {
    if (!row.name) return row === this.#first && shown.length > 0;
    const same = this.#rows.filter(({ name }) => name === row.name);
    return !shown.includes(row.name) || row !== (same.find(({ isFocused }) => isFocused) ?? same[0]);
  }

  /** @param {string} [name] */
  #addRow(name) {
    const row = new KeyRow(
      {
        keyring: this.#keyring,
        onPasted: (entries) => this.#take(entries),
        onRemove: (gone) => this.#remove(gone),
      },
      name,
    );
    this.#rows.push(row);
    this.#list.append(row.element);
    return row;
  }

  /** @param {import("./pasted.js").Entry[]} entries Several keys that were pasted at once. */
  #take(entries) {
    this.#keyring.add(Object.fromEntries(entries.filter(({ name }) => name).map(({ name, value }) => [name, value])));
  }

  /** @param {KeyRow} row */
  #remove(row) {
    const at = this.#rows.indexOf(row);
    this.#drop(row);
    this.#keyring.remove(row.name);
    this.#refresh();
    const next = this.#rows[at] ?? this.#rows[at - 1];
    if (next) next.focusRemove();
    else this.#add.focus();
  }

  /** @param {KeyRow} row */
  #drop(row) {
    row.close();
    row.element.remove();
    this.#rows = this.#rows.filter((each) => each !== row);
  }
}
