import { modelsLine } from "../chats/rows.js";
import { PastTurns } from "../chats/past-turns.js";
import { shownOf } from "../chats/stored-turns.js";
import { filesOf } from "../composer/attachments.js";
import { make } from "../dom.js";
import { TurnView } from "../turn-view.js";
import { failureBox } from "./failure-view.js";
import { Follow } from "./follow.js";
import { visible } from "../visible.js";

/** The conversation on the page: its turns, one below the other. */
export class Talk {
  #box;
  #welcome;
  #greeting;
  #usualGreeting;
  #scroll;
  /** The box has grown. */
  #follow = () => this.#scroll.grown();
  #afterAnswer;
  #models;
  #actions;
  /** @type {import("../composer/turn-actions.js").Over | null} The last turn, if it is over. */
  #last = null;
  #past;
  /** @type {Map<import("../workbench.js").Turn, TurnView>} Of the turns that run, on the page or not. */
  #views = new Map();
  /** @type {HTMLElement | null} Where another agent takes over; the next one takes its place until a turn begins. */
  #divider = null;
  /** Of the session. */
  #chain = "";
  /** @type {import("../../sparewheel.js").Prompt[]} Of the conversation. */
  #prompts = [];
  /** @type {import("../calls-view.js").RunCode} */
  #run;

  /**
   * @param {{box: HTMLElement, welcome: HTMLElement, greeting: HTMLElement, latest: HTMLButtonElement}} elements
   * @param {import("../workbench.js").Workbench} workbench
   * @param {() => void} afterAnswer Takes the focus after a question in the talk has been answered.
   * @param {(turn: import("../composer/turn-actions.js").Over) => HTMLElement} actions Of a turn that is over.
   */
  constructor({ box, welcome, greeting, latest }, workbench, afterAnswer, actions) {
    this.#box = box;
    this.#welcome = welcome;
    this.#greeting = greeting;
    this.#usualGreeting = greeting.textContent;
    this.#scroll = new Follow(box, (following) => (latest.hidden = following));
    latest.addEventListener("click", () => {
      this.#scroll.toEnd();
      box.focus();
    });
    this.#afterAnswer = afterAnswer;
    this.#models = workbench.models;
    this.#actions = actions;
    this.#run = async (code, signal, onOutput) => {
      if (!workbench.session) throw new Error("The agent cannot run now, and neither can code.");
      return workbench.session.runCode(code, { signal, files: filesIn(this.#prompts) }, onOutput);
    };
    this.#past = new PastTurns(box, workbench.models, actions, this.#follow, this.#run);
    workbench.subscribe({
      turn: (turn) => this.#begin(turn),
      event: (event, turn) => this.#views.get(turn)?.push(event),
      background: (event, turn) => (event ? this.#views.get(turn)?.push(event) : this.#end(turn)),
      end: (turn) => this.#end(turn),
      session: (session, reason) => this.#use(session, reason === "changed" && !workbench.chat.isEmpty),
      chat: ({ id }) => this.#clear(id === null),
      stored: (stored) => this.#show(stored),
      bootFailure: (error) => this.#showBootFailure(error, workbench),
    });
  }

  /** @param {import("../workbench.js").Turn} turn One that begins, or that has run while another conversation was shown. */
  #begin(turn) {
    this.#welcome.remove();
    if (this.#last) this.#last.goesOn = false;
    this.#divider = null;
    const past = turn.resumes === null ? null : this.#past.take(turn.resumes);
    let view = this.#views.get(turn);
    if (view) this.#box.append(view.element);
    else {
      const answers = {
        confirm: async (/** @type {import("../../sparewheel.js").Confirmation} */ answer) => turn.session?.confirm(answer),
        respond: async (/** @type {import("../../sparewheel.js").ElicitationAnswer} */ answer) =>
          turn.session?.respondToElicitation(answer),
        resolve: async (/** @type {string} */ id, /** @type {import("../../sparewheel.js").DoubtDecision} */ decision) =>
          turn.session?.resolve(id, decision),
        run: this.#run,
        answered: this.#afterAnswer,
      };
      view = new TurnView(this.#box, past?.prompt ?? turn.prompt, this.#follow, answers, this.#models);
      this.#views.set(turn, view);
      if (past?.isUnfinished && !turn.isFollowed) for (const { event, at } of shownOf(past, Date.now())) view.push(event, at);
    }
    turn.transcript = view.transcript;
    this.#prompts.push(view.prompt);
    this.#scroll.toEnd();
  }

  /** @param {import("../workbench.js").Turn} turn */
  #end(turn) {
    const view = this.#views.get(turn);
    if (turn.error?.kind === "aborted") view?.stopped();
    else if (turn.error) view?.fail(turn.error);
    this.#views.delete(turn);
    if (view && !turn.isFollowed) {
      this.#last = over(turn, view);
      view.offer(this.#actions(this.#last));
    }
    this.#follow();
  }

  /**
   * @param {import("../../sparewheel.js").Session} session
   * @param {boolean} goesOn Whether a conversation goes on with it.
   */
  #use({ welcomeMessage, models }, goesOn) {
    this.#greeting.textContent = welcomeMessage ? visible(welcomeMessage) : this.#usualGreeting;
    const before = this.#chain;
    this.#chain = modelsLine(models);
    if (!goesOn) return;
    // A turn may have begun before the new file was read: then it is the first one with it.
    const running = [...this.#views.values()].find(({ element }) => element.isConnected)?.element;
    if (running && !running.previousElementSibling) return;
    const what = before === this.#chain ? "the changed agent or keys" : this.#chain;
    const divider = make("p", { class: "divider", text: `From here on with ${what}` });
    if (this.#divider) this.#divider.replaceWith(divider);
    else if (running) running.before(divider);
    else this.#box.append(divider);
    this.#divider = running ? null : divider;
    this.#follow();
  }

  /** @param {boolean} isNew Whether the conversation is a new one. */
  #clear(isNew) {
    this.#divider = null;
    this.#past.clear();
    this.#prompts = [];
    this.#box.replaceChildren(...(isNew ? [this.#welcome] : []));
    this.#scroll.toEnd();
  }

  /** @param {import("../chats/stored-turns.js").StoredChat} stored */
  #show(stored) {
    const { turns } = stored;
    if (turns.length === 0) this.#box.append(this.#welcome);
    this.#past.show(stored);
    this.#prompts = turns.map(({ prompt }) => prompt);
    this.#last = this.#past.over(turns.at(-1)?.id ?? "");
  }

  /**
   * @param {import("../../sparewheel.js").SparewheelError} error
   * @param {import("../workbench.js").Workbench} workbench
   */
  #showBootFailure(error, workbench) {
    const again = make("button", { text: "Start again" });
    again.type = "button";
    const box = failureBox(error, again);
    again.addEventListener("click", () => {
      box.remove();
      this.#afterAnswer();
      void workbench.start();
    });
    this.#box.append(box);
  }
}

/**
 * The files that were sent, by name: of two with one name, the later one.
 * @param {import("../../sparewheel.js").Prompt[]} prompts
 * @returns {Record<string, Blob>}
 */
function filesIn(prompts) {
  const files = prompts.flatMap(filesOf).filter((file) => file instanceof File);
  return Object.fromEntries(files.map((file) => [file.name, file]));
}

/**
 * @param {import("../workbench.js").Turn} turn
 * @param {TurnView} view
 * @returns {import("../composer/turn-actions.js").Over}
 */
function over({ error }, { prompt, transcript }) {
  const { turn: id, status, step, error: told } = transcript.snapshot();
  const isStopped = error?.kind === "aborted" || status === "aborted";
  const outcome = isStopped ? "stopped" : error || status !== "finished" ? "failed" : "finished";
  const needsKey = Boolean(error?.missing_keys?.length) || (error ?? told)?.kind === "no_key";
  return { id, prompt, outcome, needsKey, goesOn: outcome === "failed" && step > 1 };
}
