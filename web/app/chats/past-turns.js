import { make } from "../dom.js";
import { hashOf } from "./address.js";
import { TurnView } from "../turn-view.js";

/**
 * @typedef {import("./stored-turns.js").StoredTurn} StoredTurn
 * @typedef {{turn: StoredTurn, view: TurnView, over: import("../composer/turn-actions.js").Over}} Past
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
   * @param {import("./stored-turns.js").StoredChat} stored
   * @param {() => void} onGrown
   */
  async show({ turns, origin }, onGrown) {
    const conversation = ++this.#conversation;
    const top = make("div", {}, ...(origin === null ? [] : [branchOf(origin)]));
    this.#box.append(top);
    let start = turns.length - FIRST;
    this.#box.append(this.#slice(turns.slice(Math.max(0, start)), onGrown));
    while (start > 0) {
      await new Promise((resolve) => setTimeout(resolve));
      if (conversation !== this.#conversation) return;
      const below = this.#box.scrollHeight - this.#box.scrollTop;
      top.after(this.#slice(turns.slice(Math.max(0, start - SLICE), start), onGrown));
      this.#box.scrollTop = this.#box.scrollHeight - below;
      start -= SLICE;
    }
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
      turn.events.forEach((event, place) => view.push(event, turn.times[place] ?? null));
      const { prompt, goesOn } = turn;
      /** @type {import("../composer/turn-actions.js").Over} */
      const over = { id: forkable(turn.id), prompt, outcome: OUTCOMES[turn.outcome] ?? "stopped", needsKey: false, goesOn };
      view.offer(this.#actions(over));
      this.#shown.set(turn.id, { turn, view, over });
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
