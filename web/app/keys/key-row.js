import { externalLink, make } from "../dom.js";
import { label } from "../visible.js";
import { checkKey } from "./check.js";
import { cleaned, isKey, keysIn, nameFor, problemOfKey, problemOfName } from "./pasted.js";
import { providerNamed, providerOf } from "./providers.js";

/**
 * @typedef {object} RowOwner
 * @property {import("./keyring.js").Keyring} keyring
 * @property {(entries: import("./pasted.js").Entry[], row: KeyRow) => void} onPasted Called with keys for other rows.
 * @property {(row: KeyRow) => void} onRemove
 */

const DOTS = "••••••••••••";
let made = 0;

/**
 * A key: its provider or a name, and a field for its value. The field is emptied when the value has been taken over; then
 * only the keyring has it. A value is taken over when the field is left or with Enter, not with each letter.
 */
export class KeyRow {
  element = make("li", { class: "key" });
  #owner;
  #number = ++made;
  #heading = make("div", { class: "key-heading" });
  #nameInput = input("text");
  #keyInput = input("password");
  #label = make("label", { text: "Key" });
  #check = button("Check");
  #remove = button("Remove");
  #note = make("p", { class: "key-note" });
  /** @type {AbortController | null} */
  #checking = null;
  #drawn = "";

  /**
   * @param {RowOwner} owner
   * @param {string} [name] The name of the key; without one the user writes it.
   */
  constructor(owner, name = "") {
    this.#owner = owner;
    this.name = name;
    this.#note.setAttribute("role", "status");
    this.#nameInput.id = `key-name-${this.#number}`;
    this.#nameInput.placeholder = "OpenAI, or MY_KEY";
    this.#keyInput.id = this.#label.htmlFor = `key-value-${this.#number}`;
    const value = make("div", { class: "key-value" }, this.#label, this.#keyInput, this.#check, this.#remove);
    const form = make("form", {}, this.#heading, value);
    form.noValidate = true;
    this.element.append(form, this.#note);
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const field of [this.#nameInput, this.#keyInput]) {
      field.addEventListener("paste", (event) => this.#paste(event, event.clipboardData));
      field.addEventListener("drop", (event) => this.#paste(event, event.dataTransfer));
      field.addEventListener("keydown", ({ key, isComposing }) => {
        if (key === "Enter" && !isComposing) this.commit();
      });
    }
    form.addEventListener("focusout", ({ target, relatedTarget }) => {
      const goesOn = relatedTarget === this.#nameInput || relatedTarget === this.#keyInput;
      if (target instanceof HTMLInputElement && !goesOn && target !== document.activeElement) this.commit(); // it is when the window loses the focus
    });
    this.#nameInput.addEventListener("input", () => this.#hide());
    this.#check.addEventListener("click", () => void this.check());
    this.#remove.addEventListener("click", () => this.#owner.onRemove(this));
    this.#draw();
  }

  /**
   * Make an empty row one for this key.
   * @param {string} name
   */
  assign(name) {
    this.name = name;
    this.#nameInput.value = "";
    this.#say("");
    this.#draw();
  }

  /** Whether something was written that is not taken over yet. */
  get isOpen() {
    return this.#nameInput.value.trim() !== "" || this.#keyInput.value !== "";
  }

  get isFocused() {
    return this.element.contains(document.activeElement);
  }

  focus() {
    (this.name || this.#nameInput.value ? this.#keyInput : this.#nameInput).focus();
  }

  focusRemove() {
    this.#remove.focus();
  }

  /** End what is under way. */
  close() {
    this.#checking?.abort();
  }

  /** The keyring has changed, or what the agent file needs. */
  refresh() {
    this.#draw();
  }

  /** Take over what has been written, if it is complete. */
  commit() {
    const value = cleaned(this.#keyInput.value);
    const name = this.name || nameFor(this.#nameInput.value) || (value && providerOf(value)?.name) || "";
    if (!value) return;
    const problem = problemOfKey(value) || problemOfName(name);
    if (problem) return this.#say(problem, "refused");
    this.name = name;
    this.#keyInput.value = this.#nameInput.value = "";
    this.#checking?.abort();
    this.#say(mismatch(name, value), "refused");
    this.#owner.keyring.set(name, value);
    this.#draw();
  }

  /** Ask the provider whether it takes the key; or give that up. */
  async check() {
    if (this.#checking) return this.#checking.abort();
    this.commit();
    const key = this.#owner.keyring.get(this.name);
    if (!key && !this.isOpen) this.#keyInput.focus();
    if (!key) return;
    const provider = providerNamed(this.name) ?? providerOf(key);
    if (!provider) return this.#say("Its provider is not known, so it cannot be checked.");
    const control = (this.#checking = new AbortController());
    this.#draw();
    this.#say(`Asking ${provider.title}…`);
    try {
      const { state, text } = await checkKey(provider, key, control.signal);
      control.signal.throwIfAborted();
      this.#say(text, state);
    } catch {
      this.#say(""); // cancelled
    } finally {
      if (this.#checking === control) this.#checking = null;
      this.#draw();
    }
  }

  /**
   * Text that comes from elsewhere is looked at before it is shown: it may be a key, in the field for the name too.
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  #paste(event, data) {
    const [first, ...others] = keysIn(data?.getData("text/plain") ?? "");
    if (!first) return;
    event.preventDefault();
    if (this.name && first.name && providerNamed(first.name) !== providerNamed(this.name)) {
      this.#owner.onPasted([first, ...others], this);
      return;
    }
    if (!this.name && first.name) this.#nameInput.value = first.name;
    this.#keyInput.value = first.value;
    this.#keyInput.focus();
    if (others.length) {
      this.commit();
      this.#owner.onPasted(others, this);
    }
  }

  /** A key that was typed, or put by the browser, where the name belongs. */
  #hide() {
    if (!isKey(this.#nameInput.value)) return;
    const [{ name, value } = { name: "", value: cleaned(this.#nameInput.value) }] = keysIn(this.#nameInput.value);
    this.#nameInput.value = name;
    this.#keyInput.value = value;
    this.#keyInput.focus();
    this.#say("This is a key, so it was moved to its field.");
  }

  #draw() {
    const has = this.#owner.keyring.has(this.name);
    const title = providerNamed(this.name)?.title ?? label(this.name);
    const heading = JSON.stringify([this.name, has]);
    if (this.#drawn !== heading) this.#heading.replaceChildren(...this.#headingFor(title, has));
    this.#drawn = heading;
    this.element.dataset["state"] = has ? "set" : "empty";
    this.#keyInput.ariaLabel = this.name ? `${title} key` : "Key";
    this.#keyInput.placeholder = has ? DOTS : "";
    this.#keyInput.setAttribute("aria-description", has ? "A key is set. What you type replaces it." : "");
    const about = this.name ? title : `key ${this.#number}`;
    this.#check.textContent = this.#checking ? "Cancel" : "Check";
    this.#check.setAttribute("aria-label", this.#checking ? `Cancel checking ${about}` : `Check ${about}`);
    this.#remove.setAttribute("aria-label", `Remove ${about}`);
  }

  /**
   * @param {string} title
   * @param {boolean} has
   */
  #headingFor(title, has) {
    if (!this.name) {
      const label = make("label", { text: "Name" });
      label.htmlFor = this.#nameInput.id;
      return [label, this.#nameInput];
    }
    const page = providerNamed(this.name)?.page;
    const user = input("text"); // browsers want to know whose password it is
    Object.assign(user, { autocomplete: "username", value: this.name, hidden: true, readOnly: true });
    const parts = [user, make("strong", { text: title })];
    if (page) parts.push(make("code", { text: this.name }));
    return has || !page ? parts : [...parts, externalLink(page, "Get a key")];
  }

  /**
   * @param {string} text
   * @param {string} [state]
   */
  #say(text, state = "") {
    this.#note.textContent = text;
    this.#note.dataset["state"] = text && state;
  }
}

/**
 * A warning about a key under the name of another provider; "" if it is none.
 * @param {string} name
 * @param {string} value
 */
function mismatch(name, value) {
  const [named, shaped] = [providerNamed(name), providerOf(value)];
  return named && shaped && named !== shaped ? `This looks like a key of ${shaped.title}, not of ${named.title}.` : "";
}

/** @param {"text" | "password"} type */
function input(type) {
  const field = make("input");
  Object.assign(field, { type, spellcheck: false, autocapitalize: "off" });
  // "off" is not heeded for passwords; "new-password" is, and keeps the browser from offering to save a key as a login.
  field.autocomplete = type === "password" ? "new-password" : "off";
  return field;
}

/** @param {string} text */
function button(text) {
  const made = make("button", { text });
  made.type = "button";
  return made;
}
