// The button for a first prompt: of an example that comes with a file, a question about it.

import { FOLDER } from "./room.js";

const DEMO = "Run the demo";

export class Suggestion {
  #button;
  #room;
  #onSend;
  /** @type {import("./room.js").Sample | undefined} */
  #sample;

  /**
   * @param {HTMLButtonElement} button
   * @param {import("./room.js").AgentsRoom} room
   * @param {() => void} onSend Takes the focus from the button, which goes with the first prompt.
   */
  constructor(button, room, onSend) {
    this.#button = button;
    this.#room = room;
    this.#onSend = onSend;
    room.subscribe(() => void this.#show());
    button.addEventListener("click", () => void this.send());
  }

  async #show() {
    const { origin, isChanged } = this.#room;
    const isPlain = origin.kind !== "example" || origin.id === "demo" || isChanged;
    const examples = isPlain ? [] : await this.#room.examples().catch(() => []);
    if (origin !== this.#room.origin) return;
    this.#sample = examples.find(({ name }) => name === origin.id)?.sample;
    this.#button.textContent = this.#sample ? `Ask about ${this.#sample.file}` : DEMO;
  }

  /** Send the prompt. */
  async send() {
    const { workbench } = this.#room;
    this.#onSend();
    if (!this.#sample) {
      await workbench.takeTurn("Hello!");
      return;
    }
    const { file: name, prompt } = this.#sample;
    const response = await fetch(new URL(name, FOLDER)).catch(() => null);
    if (!response?.ok) {
      this.#button.textContent = `${name} did not load: try again`;
      return;
    }
    const file = new File([await response.blob()], name, { type: "text/csv" });
    await workbench.takeTurn([
      { type: "file", file },
      { type: "text", text: prompt },
    ]);
  }
}
