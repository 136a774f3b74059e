import { finishAnswers } from "../answer/answer.js";
import { make, perFrame } from "../dom.js";
import { hashOf } from "./address.js";
import { TurnView } from "../turn-view.js";
import { expectedHeight } from "./height.js";

/**
 * @typedef {import("./stored-turns.js").StoredTurn} StoredTurn
 * @typedef {{turn: StoredTurn, view: TurnView, over: import("../composer/turn-actions.js").Over}} Past
 */

/** Turns that are shown at once, the last ones; the others follow above them, so many in a frame. */
const FIRST = 6;
const SLICE = 4;
/** Answers are rendered when they are so near to what is seen; the height of the box is 100 %. */
const NEAR = "150% 0px";

/** The turns of a stored conversation, shown as when they ran. */
export class PastTurns {
  #box;
  #models;
  #actions;
  #answers;
  #onGrown;
  /** @type {Map<string, Past>} */
  #shown = new Map();
  /** @type {readonly StoredTurn[]} Those that are still to be shown, below this. */
  #earlier = [];
  #top = make("div");
  /** @type {Map<Element, TurnView>} Those with answers that are not rendered yet. */
  #held = new Map();
  #near;
  #ask = perFrame(() => this.#showEarlier());

  /**
   * @param {HTMLElement} box Scrolls.
   * @param {import("../chain/models.js").Models} models
   * @param {(turn: import("../composer/turn-actions.js").Over) => HTMLElement} actions Of a turn.
   * @param {() => void} onGrown
   * @param {import("../calls-view.js").RunCode} run
   */
  constructor(box, models, actions, onGrown, run) {
    this.#box = box;
    this.#models = models;
    this.#actions = actions;
    this.#onGrown = onGrown;
    this.#answers = { ...UNANSWERED, run };
    const reveal = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) this.#reveal(target);
    };
    this.#near = new IntersectionObserver(reveal, { root: box, rootMargin: NEAR });
    addEventListener("beforeprint", () => this.#revealAll());
  }

  /** Forget what is shown: the box is emptied. */
  clear() {
    this.#shown.clear();
    this.#earlier = [];
    this.#held.clear();
    this.#near.disconnect();
  }

  /** @param {import("./stored-turns.js").StoredChat} stored */
  show({ turns, origin }) {
    this.clear();
    const first = Math.max(turns.length - FIRST, 0);
    this.#top = make("div", {}, ...(origin === null ? [] : [branchOf(origin)]));
    this.#box.append(this.#top, this.#slice(turns.slice(first)));
    for (const element of this.#held.keys()) this.#reveal(element);
    this.#earlier = turns.slice(0, first);
    if (first > 0) this.#ask();
  }

  #showEarlier() {
    const turns = this.#earlier.slice(-SLICE);
    if (turns.length === 0) return;
    this.#earlier = this.#earlier.slice(0, -SLICE);
    const below = this.#box.scrollHeight - this.#box.scrollTop;
    this.#top.after(this.#slice(turns));
    this.#box.scrollTop = this.#box.scrollHeight - below;
    if (this.#earlier.length > 0) this.#ask();
  }

  /** @param {Element} element Of a turn. */
  #reveal(element) {
    this.#near.unobserve(element);
    this.#held.get(element)?.reveal();
    this.#held.delete(element);
  }

  #revealAll() {
    while (this.#earlier.length > 0) this.#showEarlier();
    for (const element of this.#held.keys()) this.#reveal(element);
    finishAnswers();
  }

  /** @param {string} id Of a turn that is shown. */
  over(id) {
    return this.#shown.get(id)?.over ?? null;
  }

  /**
   * Take a turn away that is shown anew.
   * @param {string} id
   * @returns {StoredTurn | null} null if it is not shown.
   */
  take(id) {
    const past = this.#shown.get(id);
    if (!past) return null;
    past.view.element.remove();
    this.#reveal(past.view.element);
    this.#shown.delete(id);
    return past.turn;
  }

  /** @param {readonly StoredTurn[]} turns */
  #slice(turns) {
    const slice = make("div", { class: "past-turns" });
    for (const turn of turns) {
      const view = new TurnView(slice, turn.prompt, this.#onGrown, this.#answers, this.#models, { isPast: true });
      turn.events.forEach((event, place) => view.push(event, turn.times[place] ?? null));
      const { prompt, goesOn } = turn;
      /** @type {import("../composer/turn-actions.js").Over} */
      const over = { id: forkable(turn.id), prompt, outcome: OUTCOMES[turn.outcome] ?? "stopped", needsKey: false, goesOn };
      view.offer(this.#actions(over));
      view.element.style.containIntrinsicBlockSize = `auto ${expectedHeight(turn)}rem`;
      this.#shown.set(turn.id, { turn, view, over });
      this.#held.set(view.element, view);
      this.#near.observe(view.element);
    }
    return slice;
  }
}

/** @param {string} origin The id of the conversation that this one is a branch of. */
function branchOf(origin) {
  const link = make("a", { text: "another conversation" });
  link.href = hashOf(origin);
  return make("p", { class: "divider" }, "A branch of ", link);
}

/** Nothing is asked in a turn that is over. */
const UNANSWERED = { confirm: async () => {}, respond: async () => {}, resolve: async () => {}, answered: () => {} };

/** @type {Partial<Record<StoredTurn["outcome"], "finished" | "failed">>} */
const OUTCOMES = { finished: "finished", failed: "failed" };

/**
 * The id of a turn before which a branch can be made; null for one of the messages that a session began with.
 * @param {string} id
 */
function forkable(id) {
  return id === "history" || id.includes("/") ? null : id;
}
