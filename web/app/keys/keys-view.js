import { make } from "../dom.js";
import { KeyRow } from "./key-row.js";
import { problemOfName } from "./pasted.js";
import { beginSignIn, KEY_NAME } from "./openrouter.js";
import { titlesOf } from "./providers.js";
import { RememberView } from "./remember-view.js";

const IN_TAB = "Your API keys. They stay in this tab and go only to the provider they belong to. Closing the tab forgets them.";
const REMEMBERED = "Your API keys. They stay in this browser, encrypted, and go only to the provider they belong to.";

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
  /** @type {string[]} */
  #needed = [];
  #runs = true;

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
    this.#needs.setAttribute("role", "status");
    this.#needs.hidden = true;
    this.#signInNote.setAttribute("role", "status");
    const about = make("p", { class: "aside" });
    const tell = () => (about.textContent = vault.state === "open" ? REMEMBERED : IN_TAB);
    vault.addEventListener("change", tell);
    tell();
    const remember = new RememberView(vault, () => this.#add.focus());
    panel.append(
      about,
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
   * Have a row for each key that the agent file asks for and that is not there. Rows for keys that are neither there nor
   * asked for make room, and so does a second row for the same key.
   * @param {string[]} names Other texts are left out.
   * @param {boolean} [runs] Whether the agent runs without them.
   */
  need(names, runs = false) {
    this.#needed = [...new Set(names.filter((name) => problemOfName(name) === ""))];
    this.#runs = runs;
    for (const row of [...this.#rows]) if (row.name && !row.isOpen && !row.isFocused && this.#isSpare(row)) this.#drop(row);
    this.#refresh();
  }

  /** @param {KeyRow} row */
  #isSpare({ name }) {
    const double = this.#rows.filter((other) => other.name === name).length > 1;
    return double || !(this.#keyring.has(name) || this.#needed.includes(name));
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
    const wanted = [...this.#keyring.names, ...missing].filter((name) => !this.#rows.some((row) => row.name === name));
    for (const name of wanted) {
      const [empty] = this.#rows.filter((row) => !row.name && !row.isOpen && !row.isFocused);
      if (empty) empty.assign(name);
      else this.#addRow(name);
    }
    if (this.#rows.length === 0) this.#addRow();
    for (const row of this.#rows) row.refresh();
    this.#sayWhatIsMissing(missing);
  }

  /** @param {string[]} missing */
  #sayWhatIsMissing(missing) {
    this.#needs.hidden = missing.length === 0;
    const enough = missing.length > 1 ? " One is enough to start." : "";
    const titles = titlesOf(missing);
    this.#needs.textContent = this.#runs
      ? `No key for ${titles}: what needs it is skipped.`
      : `Needs a key for ${titles}.${enough}`;
    this.#signIn.classList.toggle("primary", missing.includes(KEY_NAME));
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
