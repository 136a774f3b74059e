import { md } from "./markdown.js";

const MENTIONS = /\[(\^?)([^[\]\n]{1,100})\]/g;

/**
 * What links and footnotes of an answer refer to. A definition may come after what refers to it.
 * @template Part
 */
export class Labels {
  #links = recorded((label) => this.#defined.push(label));
  #notes = recorded((label) => this.#defined.push(label));
  /** @type {string[]} */
  #defined = [];
  /** @type {Map<string, Part[]>} Parts that mention a label which is not defined yet. */
  #waiting = new Map();

  /** What the parser reads and extends. @returns {import("./markdown.js").Env} */
  get env() {
    return { references: this.#links, footnotes: { refs: this.#notes } };
  }

  /** The same for a part that is not finished: what it defines is forgotten. @returns {import("./markdown.js").Env} */
  get draft() {
    return { references: Object.create(this.#links), footnotes: { refs: Object.create(this.#notes) } };
  }

  /**
   * @param {string} source
   * @param {Part} part
   */
  wait(source, part) {
    for (const [, mark, label = ""] of source.matchAll(MENTIONS)) {
      const key = mark ? `:${label}` : md.utils.normalizeReference(label);
      if (Object.hasOwn(mark ? this.#notes : this.#links, key)) continue;
      const parts = this.#waiting.get(key) ?? [];
      if (parts.at(-1) !== part) parts.push(part);
      this.#waiting.set(key, parts);
    }
  }

  /** The parts that mention labels which have been defined since; each once. */
  takeDefined() {
    const parts = new Set(this.#defined.flatMap((label) => this.#waiting.get(label) ?? []));
    for (const label of this.#defined) this.#waiting.delete(label);
    this.#defined = [];
    return [...parts];
  }
}

/**
 * An object that reports each key that is added to it, and not to those derived from it.
 * @param {(key: string) => void} onAdded
 * @returns {Record<string, unknown>}
 */
function recorded(onAdded) {
  /** @type {Record<string, unknown>} */
  const object = Object.create(null);
  const proxy = new Proxy(object, {
    set(target, key, value, receiver) {
      if (receiver !== proxy)
        return Reflect.defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true });
      if (!(key in target)) onAdded(String(key));
      target[String(key)] = value;
      return true;
    },
  });
  return proxy;
}
