// The tool calls of a turn, and what the user is asked because of them.

import { approval } from "./asking/approval.js";
import { doubt } from "./chats/doubt.js";
import { make } from "./dom.js";
import { elicitation } from "./asking/elicitation.js";
import { mediaView } from "./media-view.js";
import { ToolCard } from "./tool-card.js";
import { label } from "./visible.js";

/**
 * @typedef {import("../sparewheel.js").Event} Event
 * @typedef {(code: string, signal: AbortSignal, onOutput: (output: {text: string}) => void) =>
 *   Promise<import("../sparewheel.js").CodeResult>} RunCode Runs code in the sandbox, apart from the conversation.
 * @typedef {import("./asking/question-view.js").QuestionView} QuestionView
 *
 * @typedef {object} Answers Where the user's answers go.
 * @property {(confirmation: import("../sparewheel.js").Confirmation) => Promise<unknown>} confirm
 * @property {(answer: import("../sparewheel.js").ElicitationAnswer) => Promise<unknown>} respond
 * @property {(id: string, decision: import("../sparewheel.js").DoubtDecision) => Promise<unknown>} resolve
 * @property {RunCode} run
 * @property {() => void} answered Called when a question that had the focus is gone and no other one is open.
 */

/** The calls of one step beyond this number are counted, not shown. */
const MAX_CARDS = 200;
/** How the result begins of a call that was not run, because its turn was stopped. */
const NOT_RUN = "Not executed: ";

export class CallsView {
  #steps;
  #answers;
  /** @type {Map<string, ToolCard>} By call id: the latest, for a model may use an id again. */
  #cards = new Map();
  /** @type {Map<string, {question: QuestionView, card: ToolCard | undefined}>} By id, with the call it is about. */
  #questions = new Map();
  #shown = 0;
  #more = make("p", { class: "note" });
  /** @type {Set<string>} Tools whose calls run alone, as far as the events tell. */
  #exclusive = new Set();

  /**
   * @param {import("./steps-view.js").StepsView} steps The steps that make the calls.
   * @param {Answers} answers
   */
  constructor(steps, answers) {
    this.#steps = steps;
    this.#answers = answers;
  }

  /** The place for the calls of this step. */
  get #list() {
    return this.#steps.step.calls;
  }

  /** The calls of the next step are further ones. */
  #next() {
    this.close();
    this.#cards.clear();
    this.#shown = 0;
    this.#more = make("p", { class: "note" });
  }

  /** End the calls and the questions that are open. */
  close() {
    for (const id of this.#questions.keys()) this.#settle(id);
    for (const card of this.#cards.values()) {
      if (!card.isOver) card.drop();
    }
  }

  flush() {
    for (const card of this.#cards.values()) card.flush();
  }

  /** @param {Event} event */
  push(event) {
    if (event.task !== undefined) this.#work(event.task, event);
    switch (event.type) {
      case "step":
        if (event.task === undefined) this.#next();
        break;
      case "tool_call_delta":
        this.#open(event, event.attempt);
        break;
      case "tool_call":
        this.#adopt(event);
        this.#open(event, 0).call(event.args, event.sandboxed);
        this.#order();
        break;
      case "tool_confirmation":
        this.#approve(event);
        break;
      case "in_doubt":
        this.#ask(event.id, doubt(event, this.#answers.resolve), this.#cards.get(event.id));
        break;
      case "elicitation":
        this.#ask(event.id, elicitation(event, this.#answers.respond));
        break;
      case "tool_output":
        this.#cards.get(event.id)?.progress(event.output);
        break;
      case "media":
        if (event.call_id !== undefined) this.#cards.get(event.call_id)?.show(mediaView(event, event.index + 1, "result"));
        break;
      case "tool_blocked":
        this.#end(event, "blocked", event.reason);
        break;
      case "tool_result":
        this.#end(event, event.is_error ? "failed" : "done", event.output);
        break;
      case "handoff":
        if (!this.#isTask())
          this.#list.append(make("p", { class: "note", text: `${label(event.from)} hands over to ${label(event.to)}` }));
        break;
      case "discard":
        this.#discard(event.attempt);
        break;
    }
  }

  /** @param {Extract<Event, {type: "tool_confirmation"}>} event */
  #approve({ call_id: id, ...event }) {
    const card = this.#open({ ...event, id: id ?? event.id }, 0);
    card.set("asking");
    if (event.exclusive) this.#exclusive.add(event.name);
    this.#order();
    this.#ask(event.id, approval(event, this.#answers.confirm), card);
  }

  /** Whether a task is given or given back: its card tells it. */
  #isTask() {
    return [...this.#cards.values()].some((card) => card.name === "transfer_task" && !card.isOver);
  }

  /** Tell the calls that run from those that wait for others: a call of an exclusive tool runs alone. */
  #order() {
    /** @type {Map<string | undefined, "some" | "exclusive">} What is not over yet, of each agent that makes calls. */
    const before = new Map();
    for (const card of this.#cards.values()) {
      if (card.isOver || card.state === "written") continue;
      const earlier = before.get(card.task);
      const isExclusive = this.#exclusive.has(card.name);
      if (card.state !== "asking") card.set(earlier === "exclusive" || (isExclusive && earlier) ? "waiting" : "running");
      before.set(card.task, earlier === "exclusive" || isExclusive ? "exclusive" : "some");
    }
  }

  /**
   * What a sub-agent does within a call.
   * @param {string} task The id of the call.
   * @param {Event} event
   */
  #work(task, event) {
    const work = this.#cards.get(task)?.work;
    if (!work) return;
    work.push(/** @type {Event} */ ({ ...event, task: undefined }));
    if (event.type === "warning") work.step.note(event.message);
  }

  /**
   * A call whose id the conversation has already gets another one when it is complete: some servers count from 0 again.
   * @param {{id: string, name: string}} call
   */
  #adopt({ id, name }) {
    if (this.#cards.has(id)) return;
    const written = [...this.#cards].find(([, card]) => card.state === "written" && card.name === name);
    if (!written) return;
    // In its place: calls run in their order.
    this.#cards = new Map([...this.#cards].map(([known, card]) => [card === written[1] ? id : known, card]));
  }

  /**
   * @param {{id: string, name: string, task?: string}} call
   * @param {number} attempt
   */
  #open({ id, name, task }, attempt) {
    const known = this.#cards.get(id);
    if (known && !known.isOver) return known;
    const card = new ToolCard(name, attempt, task, () => this.#written(id, task), this.#steps.models, this.#answers.run);
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
   * The arguments of a call as far as the model has written them.
   * @param {string} id
   * @param {string | undefined} task The call within which it is made.
   */
  #written(id, task) {
    const steps = task === undefined ? this.#steps : this.#cards.get(task)?.work;
    const call = steps?.transcript.message.tool_calls?.find((candidate) => candidate.id === id);
    return call?.function.arguments ?? "";
  }

  /**
   * @param {{id: string}} call
   * @param {"done" | "failed" | "blocked"} state
   * @param {string} text
   */
  #end({ id }, state, text) {
    const card = this.#cards.get(id);
    if (!card) return;
    for (const [asked, question] of this.#questions) if (question.card === card) this.#settle(asked);
    // The result of a call that was not run repeats the reason.
    if (card.state !== "blocked") card.end(text.startsWith(NOT_RUN) ? "dropped" : state, text);
    this.#order();
  }

  /** @param {number} attempt Its calls were discarded. */
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
    this.#questions.set(id, { question, card });
    const place = card?.questions.isConnected ? card.questions : this.#list;
    place.append(question.element);
    question.element.addEventListener("answered", () => this.#settle(id), { once: true });
    question.announce();
  }

  /** @param {string} id A question that is no longer open. */
  #settle(id) {
    const open = this.#questions.get(id);
    if (!open) return;
    this.#questions.delete(id);
    const { question, card } = open;
    if (card?.state === "asking") card.set("running");
    this.#order();
    if (!question.remove()) return;
    const [next] = this.#questions.values();
    if (next) next.question.announce();
    else this.#answers.answered();
  }
}
