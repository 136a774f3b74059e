import { make } from "../dom.js";
import { mediaView } from "../media-view.js";
import { visible } from "../visible.js";
import { button, outputBox, section, textParts } from "./code-parts.js";

/** @typedef {import("../../sparewheel.js").CodeResult} CodeResult */

/** @type {Partial<Record<CodeResult["status"], string>>} */
const ENDS = { done: "Done", stopped: "Stopped", died: "It ended without a result" };

/** A run that the user has started: what comes of it is shown here, and the model does not get it. */
export class OwnRun {
  element = make("section", { class: "own-run" });
  #engine;
  #status = make("p", { class: "own-state", text: "Running…" });
  #stop;
  #printed = section("Output");
  #output = outputBox(this.#printed);

  /**
   * @param {typeof import("../answer/engine.js")} engine
   * @param {() => void} stop
   */
  constructor(engine, stop) {
    this.#engine = engine;
    this.#stop = button("Stop", stop);
    this.#status.setAttribute("role", "status");
    this.element.ariaLabel = "Your run";
    this.#printed.hidden = true;
    const head = make("h4", { text: "Your run: the model does not see it" });
    const line = make("div", { class: "code-actions" }, this.#status, this.#stop);
    this.element.append(head, line, this.#printed);
  }

  /** @param {string} text */
  print(text) {
    this.#output.append(visible(text));
    this.#printed.hidden = false;
  }

  /** @param {Promise<CodeResult>} run Its failure is shown. */
  async follow(run) {
    try {
      this.#show(await run);
    } catch (thrown) {
      const { message, hint = "" } = /** @type {{message: string, hint?: string}} */ (thrown);
      this.#status.textContent = `It could not run: ${visible(`${message} ${hint}`.trim())}`;
    }
    const hadFocus = document.activeElement === this.#stop;
    this.#stop.remove();
    if (hadFocus) {
      this.element.tabIndex = -1;
      this.element.focus();
    }
  }

  /** @param {CodeResult} result */
  #show({ status, detail, value, error, exit, shown, plots, files, left_out: left }) {
    const end = error ? "Failed" : exit ? `Ended by ${visible(exit)}` : (ENDS[status] ?? `Stopped: ${visible(detail)}`);
    this.#status.textContent = end;
    const texts = [...shown, ...(value ? [value] : [])].map(({ text }) => text);
    const titled = (/** @type {string} */ title, /** @type {string} */ text) => {
      const part = section(title);
      part.append(...textParts(title, text, this.#engine));
      return part;
    };
    if (texts.length > 0) this.element.append(titled("Value", texts.join("\n\n")));
    if (error) this.element.append(titled("Error", error.text));
    if (left.length > 0) this.element.append(titled("Left out", left.join("\n")));
    for (const [at, { name, blob }] of [...plots, ...files].entries()) {
      const media = { mime_type: blob.type || "application/octet-stream", size: blob.size, name, blob };
      this.element.append(mediaView(media, at + 1, "result"));
    }
  }
}
