import { make } from "../dom.js";
import { DamagedKeys } from "./sealing.js";

const MIN_PASSPHRASE = 8;

/** Whether the keys stay in this browser: offers it, asks for the passphrase, and forgets them. */
export class RememberView {
  element = make("section", { class: "remember" });
  #vault;
  #onUnlocked;

  /**
   * @param {import("./vault.js").Vault} vault
   * @param {() => void} onUnlocked
   */
  constructor(vault, onUnlocked) {
    this.#vault = vault;
    this.#onUnlocked = onUnlocked;
    this.element.setAttribute("aria-label", "Remember the keys");
    vault.addEventListener("change", () => this.#draw());
    vault.addEventListener("problem", () => this.#draw());
    this.#draw();
  }

  #draw() {
    const hadFocus = this.element.contains(document.activeElement);
    const { obstacle, state, problem } = this.#vault;
    /** @type {HTMLElement[]} */
    const parts = obstacle ? [make("p", { text: `Keys cannot be remembered here. ${obstacle}` })] : this.#parts(state);
    if (problem) parts.push(alert(problem));
    this.element.replaceChildren(...parts);
    if (hadFocus) this.element.querySelector("button")?.focus();
  }

  /** @param {import("./vault.js").VaultState} state */
  #parts(state) {
    if (state === "locked") return [this.#unlocking()];
    if (state === "off") return [this.#offer()];
    const text = "Remembered in this browser, encrypted with your passphrase. Changes are remembered too.";
    return [make("p", { text }), this.#forgetting("Forget them", "")];
  }

  #offer() {
    const about = "Your keys are then kept in this browser, encrypted with a passphrase that you are asked for at each visit.";
    const first = field("Passphrase", "new-password");
    const again = field("Passphrase again", "new-password");
    const form = passphraseForm("Remember", [first, again], async () => {
      if (first.input.value.length < MIN_PASSPHRASE) throw new Error(`Take at least ${MIN_PASSPHRASE} characters.`);
      if (first.input.value !== again.input.value) throw new Error("The two passphrases differ.");
      await this.#vault.remember(first.input.value);
    });
    const offer = make("details", {}, make("summary", { text: "Remember in this browser" }));
    offer.addEventListener("toggle", () => offer.append(make("p", { text: about }), form), { once: true });
    return offer;
  }

  #unlocking() {
    const passphrase = field("Passphrase", "current-password");
    const form = passphraseForm("Unlock", [passphrase], async () => {
      try {
        await this.#vault.unlock(passphrase.input.value);
      } catch (thrown) {
        if (!(thrown instanceof DamagedKeys)) passphrase.input.select();
        throw thrown;
      }
      this.#onUnlocked();
    });
    const question = "Forget the remembered keys? They cannot be brought back.";
    const text = "Your remembered keys are locked. Unlock them with your passphrase.";
    return make("div", {}, make("p", { text }), form, this.#forgetting("Forget the remembered keys", question));
  }

  /**
   * @param {string} text
   * @param {string} question To be confirmed; "" for nothing.
   */
  #forgetting(text, question) {
    const button = make("button", { text });
    button.type = "button";
    button.addEventListener("click", () => {
      if (!question || window.confirm(question)) void this.#vault.forget();
    });
    return button;
  }
}

/**
 * @param {string} label
 * @param {{element: HTMLElement, input: HTMLInputElement}[]} fields
 * @param {() => Promise<void>} act Throws what to tell the user.
 */
function passphraseForm(label, fields, act) {
  const submit = make("button", { text: label, class: "primary" });
  const problem = alert("");
  // Password managers keep a passphrase under a name.
  const user = make("input");
  Object.assign(user, { type: "text", autocomplete: "username", value: "Sparewheel keys", hidden: true, readOnly: true });
  const form = make("form", {}, user, ...fields.map(({ element }) => element), submit, problem);
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    submit.ariaDisabled = "true";
    submit.textContent = `${label}…`;
    problem.textContent = "";
    try {
      await act();
      for (const { input } of fields) input.value = "";
    } catch (thrown) {
      problem.textContent = thrown instanceof Error ? thrown.message : String(thrown);
    } finally {
      busy = false;
      submit.ariaDisabled = null;
      submit.textContent = label;
    }
  });
  return form;
}

let made = 0;

/**
 * @param {string} text
 * @param {"new-password" | "current-password"} autocomplete
 */
function field(text, autocomplete) {
  const input = make("input");
  Object.assign(input, { type: "password", autocomplete, id: `passphrase-${++made}`, required: true });
  const label = make("label", { text });
  label.htmlFor = input.id;
  return { element: make("div", {}, label, input), input };
}

/** @param {string} text */
function alert(text) {
  const element = make("p", { class: "key-problem", text });
  element.setAttribute("role", "alert");
  return element;
}
