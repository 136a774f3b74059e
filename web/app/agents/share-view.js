import { html, nothing } from "lit-html";
import { linkTo, NotShareable } from "./share.js";

const MIN_KEY = 8; // characters; a shorter value could be any word of a file

/** The link to the agent in use. A file with a key in it gets none. */
export class ShareView {
  #element;
  #workbench;
  #tell;
  #link = "";
  /** The file that the link is of. */
  #yaml = "";

  /**
   * @param {HTMLElement} element Where the template is rendered.
   * @param {import("../workbench.js").Workbench} workbench
   * @param {(note: string) => void} tell Shows a note, and draws the template again.
   */
  constructor(element, workbench, tell) {
    this.#element = element;
    this.#workbench = workbench;
    this.#tell = tell;
  }

  async make() {
    const { yaml } = this.#workbench;
    try {
      await this.#check(yaml);
      const link = await linkTo(yaml, location.href);
      if (yaml !== this.#workbench.yaml) return;
      this.#link = link;
      this.#yaml = yaml;
      this.#tell("");
      const input = this.#element.querySelector("#agent-link");
      if (input instanceof HTMLInputElement) input.select();
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#link = "";
      this.#tell(thrown instanceof NotShareable ? why : `Only a file without errors can be shared. ${why}`);
    }
  }

  /**
   * @param {string} yaml
   * @throws {NotShareable} It has a key in it.
   */
  async #check(yaml) {
    for (const [name, key] of Object.entries(this.#workbench.env)) {
      if (key.length < MIN_KEY || !yaml.includes(key)) continue;
      throw new NotShareable(`The file has your key ${name} in it. A link must not: write its name, as token_key.`);
    }
    const runtime = await this.#workbench.runtime;
    const { key_line: line } = await runtime.parseConfig(yaml);
    if (line === null) return;
    throw new NotShareable(`Line ${line} has what looks like a key. A link must not: write its name, as token_key.`);
  }

  template() {
    if (!this.#link || this.#yaml !== this.#workbench.yaml) return nothing;
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(this.#link); // there is no clipboard on an insecure origin
        this.#tell("The link is copied.");
      } catch {
        this.#tell("The browser did not allow copying. Copy the link from the field.");
      }
    };
    return html`
      <div class="link-box">
        <label for="agent-link">Link with the whole file, without keys</label>
        <input id="agent-link" readonly .value=${this.#link} />
        <button type="button" @click=${copy}>Copy link</button>
      </div>
    `;
  }
}
