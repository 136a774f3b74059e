import { make } from "../dom.js";
import { AgentChoice } from "./agent-choice.js";
import { AttachView } from "./attach-view.js";
import { filesOf } from "./attachments.js";
import { chip, showChips } from "./chip.js";
import { commandsFor } from "./commands.js";
import { CommandsMenu } from "./commands-menu.js";
import { WHAT_IF } from "./faults.js";
import { Menu } from "./menu.js";
import { textOf } from "./prompt-text.js";
import { StopWatch } from "./stop-watch.js";
import { WaitingView } from "./waiting-view.js";
import { visible } from "../visible.js";

/**
 * @typedef {import("../../sparewheel.js").Prompt} Prompt
 * @typedef {import("../../sparewheel.js").TurnOptions} TurnOptions
 * @typedef {import("../../sparewheel.js").Session} Session
 * @typedef {import("./turn-actions.js").Over} Over
 */

/** The box for the prompt and what goes with it; Send, and Stop in its place while a turn runs. */
export class Composer {
  #prompt;
  #send;
  #stop;
  #workbench;
  #attach;
  #waiting;
  #stopWatch;
  #notes = make("ul", { class: "chips" });
  #problem = make("p", { class: "composer-problem" });
  #later = make("button", { text: "Send next" });
  #tools;
  #menu;
  /** Where the values of a server's prompt are filled in. */
  #forms = make("div", { class: "questions prompt-values" });
  /** @type {{session: Session | null, prompts: readonly import("./commands.js").ServerPrompt[]}} Those of the servers. */
  #prompts = { session: null, prompts: [] };
  /** @type {Session | null} Whose prompts are being read. */
  #reading = null;
  /** @type {import("./faults.js").WhatIf | null} What goes wrong in the next turn. */
  #fault = null;
  /** @type {{turn: Over, before: string} | null} The turn whose prompt is edited, and what was in the box before. */
  #edited = null;

  /**
   * @param {{form: HTMLFormElement, prompt: HTMLTextAreaElement, send: HTMLButtonElement, stop: HTMLButtonElement,
   *   tools: HTMLElement, above: HTMLElement, dropzone: HTMLElement}} elements `tools` gets buttons, `above` is above the form.
   * @param {import("../workbench.js").Workbench} workbench
   */
  constructor({ form, prompt, send, stop, tools, above, dropzone }, workbench) {
    this.#prompt = prompt;
    this.#send = send;
    this.#stop = stop;
    this.#workbench = workbench;
    this.#tools = tools;
    const inside = make("div");
    form.prepend(inside);
    inside.append(this.#notes, this.#problem);
    above.append(this.#forms);
    this.#notes.ariaLabel = "The next turn";
    this.#notes.hidden = this.#problem.hidden = true;
    this.#problem.setAttribute("role", "alert");
    const find = (/** @type {string} */ text) => this.#commands(text);
    this.#menu = new CommandsMenu(prompt, form, find, (command) => void this.#useCommand(command));
    this.#attach = new AttachView({ prompt, above: inside, tools, dropzone }, (problem) => this.#say(problem));
    this.#waiting = new WaitingView(above, workbench, prompt);
    this.#stopWatch = new StopWatch(above, workbench);
    tools.append(this.#whatIf().element);
    new AgentChoice(tools, workbench, (problem) => this.#say(problem));
    this.#later.type = "button";
    this.#later.hidden = true;
    this.#later.addEventListener("click", () => this.submit());
    stop.before(this.#later);
    this.#listen(form);
  }

  /** @param {HTMLFormElement} form */
  #listen(form) {
    const workbench = this.#workbench;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.#prompt.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.#stop.addEventListener("click", () => workbench.stop());
    workbench.setDraft(this.#prompt.value); // it may have been typed before this script ran
    this.#prompt.addEventListener("input", () => workbench.setDraft(this.#prompt.value));
    const show = () => this.#showRunning();
    const showDriver = () => this.#showDriver();
    workbench.subscribe({
      turn: show,
      end: show,
      session: showDriver,
      driver: showDriver,
      stop: () => this.#stopWatch.begin(),
      chat: () => {
        this.#edited = null;
        this.#forms.replaceChildren();
        this.#showNotes();
        showDriver();
        show();
      },
      draft: (text) => {
        if (this.#prompt.value !== text) this.#prompt.value = text;
        show();
      },
    });
  }

  focus() {
    this.#prompt.focus();
  }

  /** Send what is in the box; while a turn runs, after it. */
  submit() {
    const text = this.#workbench.draft;
    const { items, adding } = this.#attach.files;
    if (adding) {
      void adding.then(() => this.submit());
      return;
    }
    if (text.trim() === "" && items.length === 0) return;
    if (this.#isElsewhere()) return;
    const prompt = this.#attach.files.take(text);
    const options = this.#fault ? { fault: this.#fault.fault } : {};
    const edited = this.#edited?.turn;
    this.#fault = this.#edited = null;
    this.#showNotes();
    this.#workbench.setDraft("");
    if (edited) void this.again(edited, options, prompt);
    else this.send(prompt, options);
  }

  /**
   * @param {Prompt} prompt
   * @param {TurnOptions} options
   */
  send(prompt, options) {
    if (this.#isElsewhere()) return;
    if (!this.#workbench.turn) {
      this.#say("");
      void this.#workbench.takeTurn(prompt, options);
      return;
    }
    const problem = this.#waiting.add({ prompt, options });
    this.#say(problem);
    if (problem) this.#fill(prompt);
  }

  /** Whether another tab has the conversation: then nothing can be sent from here. */
  #isElsewhere() {
    const isElsewhere = this.#workbench.session?.readOnly ?? false;
    if (isElsewhere) this.#say("This conversation is open in another tab. Take it over to send something here.");
    return isElsewhere;
  }

  /** @param {Over} turn One that has failed or was stopped. */
  retry(turn) {
    const workbench = this.#workbench;
    if (turn.goesOn && turn.id !== null && !workbench.turn) void workbench.goOn(turn.id, turn.prompt);
    else this.send(turn.prompt, {});
  }

  /**
   * Send the prompt of a turn, or another one, in its place. A turn that has left something in the conversation stays: the new
   * one is in a branch.
   * @param {Over} turn
   * @param {TurnOptions} options
   * @param {Prompt} [prompt]
   */
  async again(turn, options, prompt = turn.prompt) {
    if (turn.id !== null && (turn.outcome !== "failed" || turn.goesOn)) {
      try {
        await this.#workbench.branch(turn.id);
      } catch (error) {
        this.#say(`There is no branch: ${error instanceof Error ? error.message : String(error)}`);
        if (prompt !== turn.prompt) this.#fill(prompt);
        return;
      }
    }
    this.send(prompt, options);
    this.focus();
  }

  /** @param {Over} turn Its prompt goes into the box, to be sent in its place. */
  edit(turn) {
    this.#edited = { turn, before: this.#workbench.draft };
    this.#fill(turn.prompt);
    this.#showNotes();
    this.#prompt.focus();
    this.#prompt.setSelectionRange(0, this.#prompt.value.length);
  }

  /** @param {Prompt} prompt */
  #fill(prompt) {
    this.#workbench.setDraft(textOf(prompt));
    this.#attach.files.clear();
    void this.#attach.files.add(filesOf(prompt));
  }

  /**
   * The commands that fit a text. The servers' prompts are read when a command is begun.
   * @param {string} text
   */
  #commands(text) {
    const { session } = this.#workbench;
    if (text === "/" && session && !session.readOnly && this.#reading !== session) {
      this.#reading = session;
      const read = (/** @type {readonly import("./commands.js").ServerPrompt[]} */ prompts) => {
        this.#reading = null;
        this.#prompts = { session, prompts };
        this.#menu.more();
      };
      session.prompts().then(read, () => read([]));
    }
    const { prompts } = this.#prompts;
    return commandsFor(text, session?.commands ?? {}, this.#prompts.session === session ? prompts : []);
  }

  /** @param {import("./commands.js").ServerPrompt} prompt One of a server: it is filled in, to be sent. */
  async #usePrompt(prompt) {
    const { session } = this.#workbench;
    if (!session) return;
    this.#workbench.setDraft("");
    this.#say("");
    try {
      const { filledPrompt } = await import("./prompt-form.js");
      const filled = await filledPrompt(prompt, (chosen) => session.fillPrompt(chosen), this.#forms);
      if (filled && session === this.#workbench.session) this.#fill(filled);
    } catch (thrown) {
      this.#say(thrown instanceof Error ? thrown.message : String(thrown));
    }
    this.focus();
  }

  /** @param {import("./commands.js").Command} command */
  async #useCommand({ prompt, url, agent, of }) {
    if (of) return this.#usePrompt(of);
    if (url) {
      this.#workbench.setDraft("");
      window.open(url, "_blank", "noopener,noreferrer");
      return;
    }
    this.#workbench.setDraft(prompt);
    const { session } = this.#workbench;
    if (!agent || agent === session?.agent || !session?.agents.includes(agent)) return;
    await this.#workbench.chooseAgent(agent).catch(({ message }) => this.#say(`${agent} cannot be asked: ${message}`));
  }

  #whatIf() {
    return new Menu("What if…", () =>
      WHAT_IF.map((whatIf) => ({
        ...whatIf,
        choose: () => {
          this.#fault = whatIf;
          this.#showNotes();
          this.focus();
        },
      })),
    );
  }

  /** What is particular about the next turn. */
  #showNotes() {
    const chips = [];
    if (this.#fault) {
      const { text, detail } = this.#fault;
      const remove = () => {
        this.#fault = null;
        this.#showNotes();
      };
      chips.push(chip(`What if: ${text}`, `No longer: ${text}`, remove, { detail }));
      chips[0]?.classList.add("fault");
    }
    if (this.#edited) {
      const { turn, before } = this.#edited;
      const remove = () => {
        this.#edited = null;
        this.#fill(before);
        this.#showNotes();
      };
      const detail = turn.outcome === "failed" ? "" : "is sent in a branch; this conversation stays";
      chips.push(chip("Edited prompt", "Do not edit", remove, { detail }));
    }
    for (const made of chips) made.classList.add("of-turn");
    showChips(this.#notes, chips, this.#prompt);
  }

  /** @param {string} problem */
  #say(problem) {
    this.#problem.textContent = visible(problem);
    this.#problem.hidden = problem === "";
  }

  /** While another tab has the conversation, nothing can be written here. */
  #showDriver() {
    const isElsewhere = this.#workbench.session?.readOnly ?? false;
    if (isElsewhere === this.#prompt.readOnly) return;
    const focused = document.activeElement;
    if (isElsewhere && (focused === this.#send || this.#tools.contains(focused))) this.#prompt.focus();
    this.#prompt.readOnly = this.#send.disabled = this.#tools.inert = isElsewhere;
    this.#prompt.placeholder = isElsewhere ? "Open in another tab" : "Ask something";
    this.#say("");
  }

  #showRunning() {
    const { turn, draft } = this.#workbench;
    const isRunning = turn !== null && !turn.isFollowed;
    const hadFocus = [this.#stop, this.#send, this.#later].some((each) => each === document.activeElement);
    this.#send.hidden = isRunning;
    this.#stop.hidden = !isRunning;
    this.#later.hidden = !isRunning || (draft.trim() === "" && this.#attach.files.items.length === 0);
    if (hadFocus && document.activeElement !== this.#later) (isRunning ? this.#stop : this.#prompt).focus();
  }
}
