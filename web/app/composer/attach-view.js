import { make } from "../dom.js";
import { Attachments, LIMITS } from "./attachments.js";
import { chip, showChips } from "./chip.js";
import { sizeText } from "./names.js";

/** Attaches files to the next prompt: by button, paste and drop. */
export class AttachView {
  files = new Attachments(() => this.#show());
  #list = make("ul", { class: "chips" });
  #prompt;
  #say;
  /** @type {Map<Blob, HTMLElement>} */
  #pictures = new Map();

  /**
   * @param {{prompt: HTMLTextAreaElement, above: HTMLElement, tools: HTMLElement, dropzone: HTMLElement}} elements `above`
   *   gets what is shown above the prompt, `tools` the button.
   * @param {(problem: string) => void} say
   */
  constructor({ prompt, above, tools, dropzone }, say) {
    this.#prompt = prompt;
    this.#say = say;
    this.#list.ariaLabel = "Files to send";
    this.#list.hidden = true;
    above.append(this.#list);
    tools.append(...this.#button());
    prompt.addEventListener("paste", (event) => this.#paste(event));
    this.#takeDrops(dropzone);
  }

  #button() {
    const input = make("input");
    input.type = "file";
    input.multiple = true;
    input.hidden = true;
    input.addEventListener("change", () => {
      void this.files.add([...(input.files ?? [])]);
      input.value = ""; // the same file can be chosen again
      this.#prompt.focus();
    });
    const button = make("button", { text: "Attach" });
    button.type = "button";
    button.title = LIMITS;
    button.addEventListener("click", () => input.click());
    return [button, input];
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const { files, types } = event.clipboardData ?? {};
    if (!files?.length) return;
    if (types?.includes("text/plain") && types.includes("text/html")) return; // a spreadsheet: its text, not its picture
    event.preventDefault();
    void this.files.add([...files]);
  }

  /** @param {HTMLElement} zone */
  #takeDrops(zone) {
    const hasFiles = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;
    const mark = (/** @type {boolean} */ isOver) => zone.classList.toggle("takes-drop", isOver);
    // Everywhere: else the browser would leave the page for the file.
    document.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      const isOver = event.target instanceof Node && zone.contains(event.target);
      if (event.dataTransfer) event.dataTransfer.dropEffect = isOver ? "copy" : "none";
      mark(isOver);
    });
    document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && mark(false));
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(false);
      if (!(event.target instanceof Node && zone.contains(event.target))) return;
      void this.files.add([...(event.dataTransfer?.files ?? [])]);
      this.#prompt.focus();
    });
  }

  #show() {
    const { items, problem } = this.files;
    for (const [file, picture] of this.#pictures) {
      if (items.some((item) => item.file === file)) continue;
      URL.revokeObjectURL(picture.getAttribute("src") ?? "");
      this.#pictures.delete(file);
    }
    const chips = items.map((item) => {
      const before = item.kind === "picture" ? this.#picture(item.file) : null;
      return chip(item.name, `Remove ${item.name}`, () => this.files.remove(item), { detail: sizeText(item.file.size), before });
    });
    showChips(this.#list, chips, this.#prompt);
    this.#say(problem);
  }

  /** @param {Blob} file */
  #picture(file) {
    const known = this.#pictures.get(file);
    if (known) return known;
    const picture = make("img", { class: "chip-picture" });
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    this.#pictures.set(file, picture);
    return picture;
  }
}
