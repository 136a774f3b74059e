// Keys that stay in this browser, if the user wants that: encrypted, and opened with a passphrase. No DOM here.

import { parseSealed, Seal } from "./sealing.js";

/** Where the encrypted keys are in `localStorage`. */
const STORED = "sparewheel.keys";

/**
 * "off": nothing is remembered. "locked": the passphrase is needed. "open": every change of the keys is remembered.
 * @typedef {"off" | "locked" | "open"} VaultState
 */

/** Keeps the keys of a keyring. Dispatches "change" when its state changes, and "problem" when storing fails. */
export class Vault extends EventTarget {
  #keyring;
  #derive;
  #storage;
  /** @type {Seal | null} */
  #seal = null;
  /** Storing, one after the other. */
  #storing = Promise.resolve();
  problem = "";

  /**
   * @param {import("./keyring.js").Keyring} keyring
   * @param {import("./sealing.js").Derive} derive
   * @param {Storage | null} storage null where it is blocked.
   */
  constructor(keyring, derive, storage) {
    super();
    this.#keyring = keyring;
    this.#derive = derive;
    this.#storage = storage;
    keyring.addEventListener("change", () => this.#store());
  }

  /** Why keys cannot be remembered here; "" if they can. */
  get obstacle() {
    if (!globalThis.crypto?.subtle) return "This page is not served over https, so your browser has no encryption for it.";
    return this.#storage ? "" : "Your browser keeps nothing for this page.";
  }

  /** @returns {VaultState} */
  get state() {
    if (this.#seal) return "open";
    return this.#read() === null ? "off" : "locked";
  }

  /** Resolves when every change so far is stored. */
  get stored() {
    return this.#storing;
  }

  /**
   * Remember the keys from now on, also those that are entered later.
   * @param {string} passphrase
   */
  async remember(passphrase) {
    this.#seal = await Seal.create(passphrase, this.#derive);
    await this.#store();
    if (this.problem) {
      this.#seal = null;
      throw new Error(this.problem);
    }
    this.#changed();
  }

  /**
   * @param {string} passphrase
   * @throws {import("./sealing.js").WrongPassphrase | import("./sealing.js").DamagedKeys}
   */
  async unlock(passphrase) {
    const { seal, keys } = await Seal.open(parseSealed(this.#read() ?? ""), passphrase, this.#derive);
    this.#seal = seal;
    // What was entered before in this tab is newer.
    this.#keyring.add({ ...keys, ...this.#keyring.env });
    await this.#store();
    this.#changed();
  }

  /** Remember nothing any more. The keys stay in this tab. */
  async forget() {
    this.#seal = null;
    await this.#storing;
    this.#storage?.removeItem(STORED);
    this.problem = "";
    this.#changed();
  }

  /**
   * Another tab has stored its keys, or has forgotten them.
   * @param {StorageEvent} event
   */
  async follow({ key, newValue }) {
    if (key !== STORED && key !== null) return;
    const seal = this.#seal;
    if (seal && newValue !== null) {
      try {
        const sealed = parseSealed(newValue);
        if (sealed.kdf.salt === seal.kdf.salt) return this.#adopt(await seal.unseal(sealed));
      } catch {
        // Not a record of this passphrase: this tab stops writing, or it would replace it.
      }
    }
    this.#seal = null;
    this.#changed();
  }

  /** @param {Record<string, string>} keys */
  #adopt(keys) {
    const seal = this.#seal;
    this.#seal = null; // not to be stored again
    for (const name of this.#keyring.names) if (!(name in keys)) this.#keyring.remove(name);
    this.#keyring.add(keys);
    this.#seal = seal;
  }

  #store() {
    const seal = this.#seal;
    if (!seal) return Promise.resolve();
    const keys = this.#keyring.env;
    this.#storing = this.#storing.then(async () => {
      try {
        const text = JSON.stringify(await seal.seal(keys));
        if (this.#seal !== seal) return;
        this.#storage?.setItem(STORED, text);
        this.problem = "";
      } catch (thrown) {
        this.problem = `The keys could not be remembered: ${thrown instanceof Error ? thrown.message : thrown}`;
        this.dispatchEvent(new Event("problem"));
      }
    });
    return this.#storing;
  }

  #read() {
    try {
      return this.#storage?.getItem(STORED) ?? null;
    } catch {
      return null;
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** `localStorage`, where the browser allows it. */
export function storageOfPage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
