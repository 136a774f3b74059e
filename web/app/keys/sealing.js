// Keys under a passphrase: AES-GCM with a key that argon2id derives. No DOM here.

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {{name: "argon2id", memory: number, iterations: number, parallelism: number, salt: string}} Derivation
 *   `memory` is in KiB, `salt` in base64.
 * @typedef {{v: 1, kdf: Derivation, iv: string, data: string}} Sealed What is stored: `iv` and `data` in base64.
 * @typedef {(passphrase: string, kdf: Derivation) => Promise<Bytes>} Derive 32 bytes.
 */

/** OWASP's recommendation is 19 MiB and two passes; this takes about half a second. */
const COST = { memory: 65_536, iterations: 3, parallelism: 1 };
/** A record of storage can be anyone's: more than this is not tried. */
const MAX_COST = { memory: 262_144, iterations: 16, parallelism: 8 };
const MAX_STORED_CHARS = 1_000_000;

export class WrongPassphrase extends Error {}
export class DamagedKeys extends Error {}

/** Keys that were unsealed, or are to be sealed, with what is needed to seal them again without the passphrase. */
export class Seal {
  #key;

  /**
   * @param {Derivation} kdf
   * @param {CryptoKey} key
   */
  constructor(kdf, key) {
    this.kdf = kdf;
    this.#key = key;
  }

  /**
   * @param {string} passphrase
   * @param {Derive} derive
   */
  static async create(passphrase, derive) {
    /** @type {Derivation} */
    const kdf = { name: "argon2id", ...COST, salt: toBase64(crypto.getRandomValues(new Uint8Array(16))) };
    return new Seal(kdf, await cryptoKey(passphrase, kdf, derive));
  }

  /**
   * @param {Sealed} sealed
   * @param {string} passphrase
   * @param {Derive} derive
   * @returns {Promise<{seal: Seal, keys: Record<string, string>}>}
   * @throws {WrongPassphrase} Or the record was changed: the two cannot be told apart.
   */
  static async open(sealed, passphrase, derive) {
    const seal = new Seal(sealed.kdf, await cryptoKey(passphrase, sealed.kdf, derive));
    return { seal, keys: await seal.unseal(sealed) };
  }

  /**
   * @param {Record<string, string>} keys
   * @returns {Promise<Sealed>}
   */
  async seal(keys) {
    const iv = crypto.getRandomValues(new Uint8Array(12)); // a new one each time: AES-GCM must never use one twice
    const text = new TextEncoder().encode(JSON.stringify(keys));
    const data = await crypto.subtle.encrypt(this.#options(iv), this.#key, text);
    return { v: 1, kdf: this.kdf, iv: toBase64(iv), data: toBase64(new Uint8Array(data)) };
  }

  /**
   * @param {Sealed} sealed
   * @returns {Promise<Record<string, string>>}
   */
  async unseal({ iv, data }) {
    let text;
    try {
      text = await crypto.subtle.decrypt(this.#options(fromBase64(iv)), this.#key, fromBase64(data));
    } catch {
      throw new WrongPassphrase("This passphrase does not open the remembered keys.");
    }
    return keysOf(JSON.parse(new TextDecoder().decode(text)));
  }

  /** @param {Bytes} iv */
  #options(iv) {
    // What is stored beside the data is authenticated with it.
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(JSON.stringify([1, this.kdf])) };
  }
}

/**
 * @param {string} passphrase
 * @param {Derivation} kdf
 * @param {Derive} derive
 */
async function cryptoKey(passphrase, kdf, derive) {
  const bytes = await derive(passphrase.normalize("NFC"), kdf); // keyboards write the same letter in several ways
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/**
 * The stored record.
 * @param {string} text
 * @returns {Sealed}
 * @throws {DamagedKeys} It is not one, or would take more memory or time than any of ours.
 */
export function parseSealed(text) {
  const damaged = new DamagedKeys("The remembered keys cannot be read: they are damaged, or of a newer version of this page.");
  let stored;
  try {
    stored = text.length <= MAX_STORED_CHARS && JSON.parse(text);
  } catch {
    throw damaged;
  }
  const { v, kdf, iv, data } = Object(stored);
  const { name, salt } = Object(kdf);
  if (v !== 1 || name !== "argon2id" || ![salt, iv, data].every(isBase64)) throw damaged;
  const cost = (/** @type {keyof typeof MAX_COST} */ part) => {
    const value = kdf[part];
    if (!Number.isInteger(value) || value < 1 || value > MAX_COST[part]) throw damaged;
    return /** @type {number} */ (value);
  };
  const [memory, iterations, parallelism] = [cost("memory"), cost("iterations"), cost("parallelism")];
  if (fromBase64(salt).length < 8 || fromBase64(iv).length !== 12 || memory < 8 * parallelism) throw damaged;
  return { v, kdf: { name, memory, iterations, parallelism, salt }, iv, data };
}

/**
 * @param {unknown} value
 * @returns {Record<string, string>}
 */
function keysOf(value) {
  const entries = Object.entries(Object(value)).filter(([, each]) => typeof each === "string");
  return Object.fromEntries(entries);
}

/** @param {unknown} value */
function isBase64(value) {
  return typeof value === "string" && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
}

/** @param {Bytes} bytes */
function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
