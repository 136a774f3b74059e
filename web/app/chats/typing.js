import { Drafts } from "./kept.js";

/** After the last keystroke; then it is kept. */
const SETTLE_MS = 300;
/** The conversation that is not stored yet. */
const NEW = "new";

/** Keeps what was typed in each conversation and not sent: the prompt, and the agent file unless the store has it. */
export class Typing {
  #workbench;
  #drafts;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  /** What was typed before this script has run. */
  #early = "";
  /** @type {(() => void) | null} Keeps what was typed last. */
  #keep = null;

  /**
   * @param {import("../workbench.js").Workbench} workbench
   * @param {import("./kept.js").Kept} kept
   */
  constructor(workbench, kept) {
    this.#workbench = workbench;
    this.#drafts = new Drafts(kept);
    workbench.subscribe({
      draft: (prompt) => this.#later(prompt === "" ? 0 : SETTLE_MS),
      agent: () => this.#later(SETTLE_MS),
      session: () => this.#later(0),
      chat: () => this.#restore(),
    });
    addEventListener("pagehide", () => this.#flush());
    document.addEventListener("visibilitychange", () => this.#flush());
  }

  /** The agent file that was typed for a new conversation; "" if there is none. */
  get newAgent() {
    return this.#drafts.of(NEW).yaml ?? "";
  }

  /**
   * The agent file of a stored conversation: what was typed, and does not run yet, or the stored one.
   * @param {string} id
   * @param {string} stored
   */
  agentOf(id, stored) {
    return this.#drafts.of(id).yaml ?? stored;
  }

  /**
   * Show the prompt that was half written, unless something has been typed before this script has run.
   * @param {boolean} isStored Whether a stored conversation is opened next.
   */
  begin(isStored) {
    if (this.#workbench.draft === "") this.#restore();
    else if (isStored) {
      this.#keep = null; // it belongs to that conversation
      this.#early = this.#workbench.draft;
    }
  }

  #restore() {
    this.#flush();
    const prompt = this.#early || (this.#drafts.of(this.#name).prompt ?? "");
    this.#early = "";
    this.#workbench.setDraft(prompt);
  }

  get #name() {
    const { isEmpty, id } = this.#workbench.chat;
    return isEmpty || id === null ? NEW : id;
  }

  /** @param {number} ms */
  #later(ms) {
    const { chat, draft, yaml } = this.#workbench;
    const name = this.#name;
    this.#keep = () => {
      this.#drafts.set(name, { prompt: draft, yaml: name !== NEW && yaml === chat.storedYaml ? "" : yaml });
    };
    clearTimeout(this.#settling);
    if (ms === 0) this.#flush();
    else this.#settling = setTimeout(() => this.#flush(), ms);
  }

  #flush() {
    clearTimeout(this.#settling);
    this.#keep?.();
    this.#keep = null;
  }
}
