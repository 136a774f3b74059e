/** The box for the prompt; Send, and Stop in its place while a turn runs. */
export class Composer {
  #prompt;
  #send;
  #stop;
  #workbench;

  /**
   * @param {{form: HTMLFormElement, prompt: HTMLTextAreaElement, send: HTMLButtonElement, stop: HTMLButtonElement}} elements
   * @param {import("../workbench.js").Workbench} workbench
   */
  constructor({ form, prompt, send, stop }, workbench) {
    this.#prompt = prompt;
    this.#send = send;
    this.#stop = stop;
    this.#workbench = workbench;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    prompt.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    stop.addEventListener("click", () => workbench.stop());
    workbench.setDraft(prompt.value); // it may have been typed before this script ran
    prompt.addEventListener("input", () => workbench.setDraft(prompt.value));
    const show = () => this.#showRunning(workbench.turn !== null && !workbench.turn.isFollowed);
    workbench.subscribe({
      turn: show,
      end: show,
      chat: show,
      draft: (text) => {
        if (prompt.value !== text) prompt.value = text;
      },
    });
  }

  focus() {
    this.#prompt.focus();
  }

  submit() {
    const text = this.#prompt.value;
    if (this.#workbench.turn || this.#workbench.session?.readOnly || text.trim() === "") return;
    this.#workbench.setDraft("");
    void this.#workbench.takeTurn(text);
  }

  /** @param {boolean} isRunning */
  #showRunning(isRunning) {
    const hadFocus = document.activeElement === this.#stop || document.activeElement === this.#send;
    this.#send.hidden = isRunning;
    this.#stop.hidden = !isRunning;
    if (hadFocus) (isRunning ? this.#stop : this.#prompt).focus();
  }
}
