import { make } from "../dom.js";
import { TurnView } from "../turn-view.js";

/**
 * @typedef {import("./stored-turns.js").StoredTurn} StoredTurn
 * @typedef {{turn: StoredTurn, view: TurnView}} Past
 */

/** Turns that are shown at once, the last ones; the others follow above them, so many in a task. */
const FIRST = 6;
const SLICE = 3;

/** The turns of a stored conversation, shown as when they ran. */
export class PastTurns {
  #box;
  #models;
  #actions;
  /** @type {Map<string, Past>} */
  #shown = new Map();
  #conversation = 0;

  /**
   * @param {HTMLElement} box Scrolls.
   * @param {import("../chain/models.js").Models} models
   * @param {(turn: import("../composer/turn-actions.js").Over) => HTMLElement} actions Of a turn.
   */
  constructor(box, models, actions) {
    this.#box = box;
    this.#models = models;
    this.#actions = actions;
  }

  /** Forget what is shown: the box is emptied. */
  clear() {
    this.#conversation += 1;
    this.#shown.clear();
  }

  /**
   * @param {readonly StoredTurn[]} turns
   * @param {() => void} onGrown
   */
  async show(turns, onGrown) {
    const conversation = ++this.#conversation;
    let start = turns.length - FIRST;
    this.#box.append(this.#slice(turns.slice(Math.max(0, start)), onGrown));
    while (start > 0) {
      await new Promise((resolve) => setTimeout(resolve));
      if (conversation !== this.#conversation) return;
      const below = this.#box.scrollHeight - this.#box.scrollTop;
      this.#box.prepend(this.#slice(turns.slice(Math.max(0, start - SLICE), start), onGrown));
      this.#box.scrollTop = this.#box.scrollHeight - below;
      start -= SLICE;
    }
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
    this.#shown.delete(id);
    return past.turn;
  }

  /**
   * @param {readonly StoredTurn[]} turns
   * @param {() => void} onGrown
   */
  #slice(turns, onGrown) {
    const slice = make("div", { class: "past-turns" });
    for (const turn of turns) {
      const view = new TurnView(slice, turn.prompt, onGrown, UNANSWERED, this.#models, { isPast: true });
      for (const event of turn.events) view.push(event);
      view.offer(
        this.#actions({
          id: forkable(turn.id),
          prompt: turn.prompt,
          outcome: OUTCOMES[turn.outcome] ?? "stopped",
          goesOn: false,
        }),
      );
      this.#shown.set(turn.id, { turn, view });
    }
    return slice;
  }
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
