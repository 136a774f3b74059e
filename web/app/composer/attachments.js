// Files that go with the next prompt, and why others cannot: before anything is sent. No DOM here.

import { promptLimits } from "../../sparewheel.js";
import { shownName, sizeText } from "./names.js";

/**
 * @typedef {"picture" | "document" | "text"} FileKind
 * @typedef {{file: Blob, name: string, kind: FileKind}} Attachment `name` can be shown: it is no path, and short.
 * @typedef {import("../../sparewheel.js").ContentPart} ContentPart
 */

const MB = 1 << 20;
export const TAKEN = "Pictures (PNG, JPEG, GIF, WebP), PDF and text files can be sent.";
export const LIMITS = `${TAKEN} Together at most ${promptLimits.bytes / MB} MB.`;
/** So many bytes tell a text from other files; the runtime looks at all of them. */
const LOOKED_AT = 64 * 1024;
/** Control characters that no text has. */
const BINARY = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/;
/** @type {readonly [RegExp, FileKind][]} What the first bytes show, as Latin-1. */
const STARTS = [
  [/^\x89PNG\r\n\x1a\n|^\xff\xd8\xff|^GIF8[79]a|^RIFF[^]{4}WEBP/, "picture"],
  [/^%PDF-/, "document"],
];

export class Attachments {
  /** @type {readonly Attachment[]} */
  items = [];
  /** Why the files that were added last are not among them; "" if all of them are. */
  problem = "";
  /** @type {Promise<void> | null} Settles when every file has been looked at; null: none is waited for. */
  adding = null;
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Look at these files, after those that were added before, and take what can be sent.
   * @param {Iterable<Blob>} files
   */
  async add(files) {
    this.adding = (this.adding ?? Promise.resolve()).then(() => this.#add(files));
    const { adding } = this;
    await adding;
    if (this.adding === adding) this.adding = null;
  }

  /** @param {Iterable<Blob>} files */
  async #add(files) {
    const problems = [];
    for (const file of files) {
      const problem = await this.#take(file);
      if (problem) problems.push(problem);
    }
    const more = problems.length > 3 ? ` And ${problems.length - 3} more.` : "";
    this.problem = problems.slice(0, 3).join(" ") + more;
    this.#onChange();
  }

  /** @param {Attachment} item */
  remove(item) {
    this.items = this.items.filter((each) => each !== item);
    this.problem = "";
    this.#onChange();
  }

  clear() {
    this.items = [];
    this.problem = "";
    this.#onChange();
  }

  /**
   * The prompt with the files, which are no longer here afterwards.
   * @param {string} text
   * @returns {import("../../sparewheel.js").Prompt}
   */
  take(text) {
    if (this.items.length === 0) return text;
    /** @type {ContentPart[]} */
    const parts = this.items.map(({ file }) => ({ type: "file", file }));
    this.clear();
    return text.trim() === "" ? parts : [...parts, { type: "text", text }];
  }

  /**
   * @param {Blob} file
   * @returns {Promise<string>} Why it cannot be taken; "" if it was.
   */
  async #take(file) {
    const name = nameOf(file);
    if (this.items.length >= promptLimits.parts - 1) return `At most ${promptLimits.parts - 1} files can be sent at once.`;
    if (file.size === 0) return `${name} is empty, or is a folder.`;
    const total = this.items.reduce((sum, each) => sum + each.file.size, file.size);
    if (file.size > promptLimits.bytes || total > promptLimits.bytes) {
      const what = file.size > promptLimits.bytes ? `${name} is too large` : `${name} is too much`;
      return `${what} (${sizeText(file.size)}): all files together may have ${promptLimits.bytes / MB} MB.`;
    }
    let kind;
    try {
      kind = await kindOf(file);
    } catch {
      return `${name} cannot be read.`;
    }
    if (kind === null) return `${name} cannot be sent. ${TAKEN}`;
    if (kind === "text" && file.size > promptLimits.text) {
      return `${name} is too large (${sizeText(file.size)}): a text may have ${promptLimits.text / MB} MB.`;
    }
    this.items = [...this.items, { file, name, kind }];
    return "";
  }
}

/**
 * What a file is by its bytes, as the runtime decides it; null: it cannot be sent.
 * @param {Blob} file
 * @returns {Promise<FileKind | null>} Rejects if it cannot be read.
 */
export async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const known = STARTS.find(([pattern]) => pattern.test(start));
  if (known) return known[1];
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: file.size > LOOKED_AT });
    return BINARY.test(text) ? null : "text";
  } catch {
    return null;
  }
}

/** @param {Blob} file */
export function nameOf(file) {
  return "name" in file && typeof file.name === "string" && file.name !== "" ? shownName(file.name) : "A pasted file";
}

/**
 * The files of a prompt that was sent, to be sent again.
 * @param {import("../../sparewheel.js").Prompt} prompt
 * @returns {Blob[]}
 */
export function filesOf(prompt) {
  if (typeof prompt === "string") return [];
  return prompt.flatMap((part) => {
    if (part.type !== "file") return [];
    const { file } = part;
    if (file instanceof Blob) return [file];
    if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) return [new Blob([/** @type {BlobPart} */ (file)])];
    const { name = "", mime_type: type = "", text, data, blob } = file;
    if (blob) return [blob];
    if (typeof data === "string" && data) return [new File([bytesOf(data)], name, { type })];
    return text ? [new File([text], name, { type })] : [];
  });
}

/** @param {string} base64 */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
