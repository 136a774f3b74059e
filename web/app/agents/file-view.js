// The box for the agent file, the editor that takes its place, and the problems of the file, one by one.

import { make } from "../dom.js";
import { problemsIn } from "./problems.js";
import { visible } from "../visible.js";

export class FileView {
  #box;
  #room;
  #host = make("div", { class: "agent-editor" });
  #toggle = make("button", { text: "Open the editor" });
  #problems = make("ol", { class: "file-problems" });
  /** @type {import("./editor.js").Editor | null} */
  #editor = null;
  /** The problem that is marked. */
  #shown = "";

  /**
   * @param {HTMLTextAreaElement} box
   * @param {import("./room.js").AgentsRoom} room
   */
  constructor(box, room) {
    this.#box = box;
    this.#room = room;
    this.#host.hidden = true;
    this.#toggle.type = "button";
    this.#toggle.addEventListener("click", () => (this.#editor ? this.#close() : void this.#open()));
    this.#problems.ariaLabel = "Problems of the file";
    box.before(this.#toggle);
    box.after(this.#host);
    document.getElementById("agent-problem")?.after(this.#problems);
    room.subscribe(() => this.#show());
    this.#show();
  }

  /** @param {number} [line] Where the cursor goes. */
  focus(line) {
    if (this.#editor) this.#editor.focus(line);
    else {
      this.#box.focus();
      if (line) this.#select(line);
    }
    (this.#editor ? this.#host : this.#box).scrollIntoView({ block: "nearest" });
  }

  /** @param {number} line */
  #select(line) {
    const lines = this.#box.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    this.#box.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  }

  async #open() {
    this.#toggle.disabled = true;
    try {
      const { Editor } = await import("./editor.js");
      this.#editor = new Editor(this.#host, this.#box.value, (text) => this.#room.edit(text));
      this.#box.hidden = true;
      this.#host.hidden = false;
      this.#toggle.textContent = "Use the plain box";
      this.#mark();
      this.#editor.focus();
    } catch (thrown) {
      this.#toggle.after(make("p", { class: "form-problem", text: `The editor did not load: ${thrown}` }));
    } finally {
      this.#toggle.disabled = false;
    }
  }

  #close() {
    this.#editor?.destroy();
    this.#editor = null;
    this.#host.hidden = true;
    this.#box.hidden = false;
    this.#toggle.textContent = "Open the editor";
    this.#box.focus();
  }

  #show() {
    const { yaml, problem } = this.#room.workbench;
    this.#editor?.show(yaml);
    if (problem === this.#shown) return;
    this.#shown = problem;
    this.#mark();
  }

  #mark() {
    const found = problemsIn(this.#shown);
    this.#editor?.mark(found);
    this.#problems.hidden = found.length === 0;
    this.#problems.replaceChildren(
      ...found.map(({ line, text }) => {
        const go = make("button", { text: `Line ${line}` });
        go.type = "button";
        go.ariaLabel = `Go to line ${line}: ${visible(text)}`;
        go.addEventListener("click", () => this.focus(line));
        return make("li", {}, go);
      }),
    );
  }
}
