import { approval } from "./approval.js";
import { make } from "./dom.js";
import { elicitation } from "./elicitation.js";
import { ToolCard } from "./tool-card.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {import("./question-view.js").QuestionView} QuestionView
 *
 * @typedef {object} Answers Where the user's answers go.
 * @property {(confirmation: import("../sparewheel.js").Confirmation) => Promise<unknown>} confirm
 * @property {(answer: import("../sparewheel.js").ElicitationAnswer) => Promise<unknown>} respond
 * @property {() => void} answered The focus was in a question that is gone, and there is no other one.
 */

/** More calls of one step than this are counted, not shown. */
const MAX_CARDS = 200;

/** The tool calls of a turn, and what the user is asked because of them. */
export class CallsView {
  #list;
  #answers;
  /** @type {Map<string, ToolCard>} By call id: the latest, for a model may use an id again. */
  #cards = new Map();
  /** @type {Map<string, QuestionView>} */
  #questions = new Map();
  #shown = 0;
  #more = make("p", { class: "note" });

  /**
   * @param {HTMLElement} list
   * @param {Answers} answers
   */
  constructor(list, answers) {
    this.#list = list;
    this.#answers = answers;
  }

  /**
   * The calls of the next step go elsewhere.
   * @param {HTMLElement} list
   */
  into(list) {
    this.close();
    this.#cards.clear();
    this.#list = list;
    this.#shown = 0;
    this.#more = make("p", { class: "note" });
  }

  /** Nothing goes on after this. */
  close() {
    for (const id of this.#questions.keys()) this.#settle(id);
    for (const card of this.#cards.values()) {
      if (!card.isOver) card.set("dropped");
    }
  }

  flush() {
    for (const card of this.#cards.values()) card.flush();
  }

  /** @param {Event} event */
  push(event) {
    switch (event.type) {
      case "tool_call_delta":
        this.#open(event, event.attempt).write(event.arguments);
        break;
      case "tool_call":
        this.#open(event, 0).call(event.args);
        break;
      case "tool_confirmation":
        this.#open(event, 0).set("asking");
        this.#ask(event.id, approval(event, this.#answers.confirm), this.#cards.get(event.id));
        break;
      case "elicitation":
        this.#ask(event.id, elicitation(event, this.#answers.respond));
        break;
      case "tool_output":
        this.#cards.get(event.id)?.progress(event.output);
        break;
      case "tool_blocked":
        this.#end(event, "blocked", event.reason);
        break;
      case "tool_result":
        this.#end(event, event.is_error ? "failed" : "done", event.output);
        break;
      case "handoff":
        this.#list.append(make("p", { class: "note", text: `${event.from} hands over to ${event.to}` }));
        break;
      case "discard":
        this.#discard(event.attempt);
        break;
    }
    if (event.task !== undefined) this.#work(this.#cards.get(event.task), event);
  }

  /**
   * What a sub-agent does within a call.
   * @param {ToolCard | undefined} card
   * @param {Event} event
   */
  #work(card, event) {
    if (!card) return;
    switch (event.type) {
      case "delta":
        if (event.content) card.work.append(event.attempt, "content", event.content);
        if (event.reasoning) card.work.append(event.attempt, "reasoning", event.reasoning);
        break;
      case "discard":
        card.work.discard(event.attempt);
        break;
      case "fallback":
        card.work.note(`${event.from} failed; ${event.to} takes over: ${event.reason}`);
        break;
      case "warning":
        card.work.note(event.message);
        break;
    }
  }

  /**
   * @param {{id: string, name: string, task?: string}} call
   * @param {number} attempt
   */
  #open({ id, name, task }, attempt) {
    const known = this.#cards.get(id);
    if (known && !known.isOver) return known;
    const card = new ToolCard(name, attempt);
    if (task !== undefined) card.element.classList.add("nested");
    this.#cards.set(id, card);
    this.#shown += 1;
    if (this.#shown <= MAX_CARDS) this.#list.append(card.element, card.questions);
    else {
      this.#more.textContent = `and ${this.#shown - MAX_CARDS} more calls`;
      this.#list.append(this.#more);
    }
    return card;
  }

  /**
   * @param {{id: string}} call
   * @param {"done" | "failed" | "blocked"} state
   * @param {string} text
   */
  #end({ id }, state, text) {
    this.#settle(id);
    const card = this.#cards.get(id);
    if (!card) return;
    // The result of a call that was not run says why once more.
    if (card.state !== "blocked") card.end(state, text);
  }

  /** @param {number} attempt Whose calls are void. */
  #discard(attempt) {
    for (const [id, card] of this.#cards) {
      if (card.attempt !== attempt || card.state !== "written") continue;
      card.element.remove();
      card.questions.remove();
      this.#cards.delete(id);
      this.#shown -= 1;
    }
  }

  /**
   * @param {string} id
   * @param {QuestionView} question
   * @param {ToolCard} [card] The call it is about.
   */
  #ask(id, question, card) {
    this.#settle(id);
    this.#questions.set(id, question);
    const place = card?.questions.isConnected ? card.questions : this.#list;
    place.append(question.element);
    question.element.addEventListener("answered", () => this.#settle(id), { once: true });
    question.announce();
  }

  /** @param {string} id A question that is no longer open. */
  #settle(id) {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.delete(id);
    const card = this.#cards.get(id);
    if (card?.state === "asking") card.set("running");
    if (!question.remove()) return;
    const [next] = this.#questions.values();
    if (next) next.announce();
    else this.#answers.answered();
  }
}
