// The documents of the conversation, above the prompt: added, seen and removed. Loaded for agents that search documents.

import "../shared.js";
import { kindOf } from "../composer/attachments.js";
import { chip, showChips } from "../composer/chip.js";
import { sizeText } from "../composer/names.js";
import { make } from "../dom.js";
import { label } from "../visible.js";
import { documentsOf } from "./kept-documents.js";
export { contentsOf, store } from "./kept-documents.js";
import { keepDocuments } from "./room.js";

/** @typedef {import("../workbench.js").Workbench} Workbench */

export const MAX_DOCUMENTS = 1000;
const MAX_BYTES = 6_000_000; // the runtime takes 8 MiB, where bytes count for 4/3
const KINDS = "Text, Markdown, HTML, CSV, JSON and PDF files";

/** @type {DocumentsView | null} */
let view = null;

/**
 * Show the documents of the conversation, if its agent searches documents.
 * @param {HTMLElement} place
 * @param {Workbench} workbench
 */
export async function showDocuments(place, workbench) {
  view ??= new DocumentsView(place, workbench);
  await view.show();
}

class DocumentsView {
  #workbench;
  #element = make("section", { class: "documents" });
  #count = make("summary");
  #list = make("ul", { class: "chips" });
  #none = make("p", { class: "note", text: `This agent searches documents: add some. ${KINDS} can be searched.` });
  #all = make("details", {}, this.#count, this.#list);
  #problem = make("p", { class: "composer-problem" });
  #add;
  /** The agent file that was looked at last, and whether it searches documents. */
  #looked = { yaml: "", searches: false };

  /**
   * @param {HTMLElement} place
   * @param {Workbench} workbench
   */
  constructor(place, workbench) {
    this.#workbench = workbench;
    this.#element.ariaLabel = "Documents";
    this.#list.ariaLabel = "Documents that are searched";
    this.#problem.setAttribute("role", "alert");
    this.#add = this.#button("Add documents", false);
    const buttons = make("div", { class: "row" }, this.#add, this.#button("Add a folder", true));
    this.#element.append(this.#none, this.#all, this.#problem, buttons);
    place.append(this.#element);
    this.#say("");
  }

  /**
   * @param {string} text
   * @param {boolean} isFolder
   */
  #button(text, isFolder) {
    const input = make("input");
    input.type = "file";
    input.multiple = true;
    input.webkitdirectory = isFolder;
    input.hidden = true;
    input.addEventListener("change", () => {
      void this.#take([...(input.files ?? [])]);
      input.value = "";
    });
    const button = make("button", { text });
    button.type = "button";
    button.addEventListener("click", () => input.click());
    this.#element.append(input);
    return button;
  }

  async show() {
    const { yaml, chat } = this.#workbench;
    if (yaml !== this.#looked.yaml) {
      const runtime = await this.#workbench.runtime;
      const searches = await runtime.parseConfig(yaml).then(
        ({ reach }) => reach.toolsets.some(({ type }) => type === "rag"),
        () => this.#looked.searches, // it is being written
      );
      this.#looked = { yaml, searches };
    }
    const documents = await documentsOf(chat);
    if (chat !== this.#workbench.chat) return; // another one is shown meanwhile
    this.#element.hidden = !this.#looked.searches;
    this.#none.hidden = documents.size > 0;
    this.#all.hidden = documents.size === 0;
    const size = [...documents.values()].reduce((sum, file) => sum + file.size, 0);
    this.#count.textContent = `Documents (${documents.size}, ${sizeText(size)})`;
    const chips = [...documents].map(([name, file]) => {
      return chip(label(name), `Remove ${label(name)}`, () => void this.#change(() => documents.delete(name)), {
        detail: sizeText(file.size),
      });
    });
    showChips(this.#list, chips, this.#add);
  }

  /** @param {readonly File[]} files */
  async #take(files) {
    /** @type {string[]} */
    const problems = [];
    const { chat } = this.#workbench;
    const documents = await documentsOf(chat);
    const taken = new Map(documents);
    for (const file of files) {
      const name = file.webkitRelativePath || file.name;
      const problem = await refusal(name, file, taken);
      if (problem) problems.push(problem);
      else taken.set(name, file);
    }
    const more = problems.length > 3 ? ` And ${problems.length - 3} more.` : "";
    this.#say(problems.slice(0, 3).join(" ") + more);
    if (chat === this.#workbench.chat) await this.#change(() => taken.forEach((file, name) => documents.set(name, file)));
  }

  /** @param {() => unknown} change Of the documents. The session goes on with them, after the turn that runs. */
  async #change(change) {
    const { chat } = this.#workbench;
    change();
    chat.documentsVersion += 1;
    void keepDocuments(chat);
    await this.show();
    this.#workbench.check();
  }

  /** @param {string} problem */
  #say(problem) {
    this.#problem.textContent = problem;
    this.#problem.hidden = problem === "";
  }
}

/**
 * Why a file cannot be searched beside these; "" if it can.
 * @param {string} name
 * @param {Blob} file
 * @param {ReadonlyMap<string, Blob>} others
 */
async function refusal(name, file, others) {
  const kind = await kindOf(file).catch(() => null);
  if (file.size === 0) return `${label(name)} is empty.`;
  if (kind === null || kind === "picture") return `${label(name)} cannot be searched. ${KINDS} can be.`;
  if (others.size >= MAX_DOCUMENTS && !others.has(name)) return `At most ${MAX_DOCUMENTS} documents can be searched.`;
  const size = [...others].reduce((sum, [other, each]) => (other === name ? sum : sum + each.size), file.size);
  if (size <= MAX_BYTES) return "";
  return `${label(name)} is too much: all documents together may have ${MAX_BYTES / 1_000_000} MB.`;
}
