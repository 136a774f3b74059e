import { make } from "../dom.js";
import { QuestionView } from "../asking/question-view.js";
import { label, visible } from "../visible.js";

/** @typedef {NonNullable<import("../../sparewheel.js").SparewheelError["key_requests"]>[number]} KeyRequest */

/**
 * Asks whether an agent file may send a vendor's key to another host. Answers are kept until the page is closed: for this
 * key and this host, whatever the file.
 */
export class KeyQuestions {
  #box;
  #onAsk;
  #onAnswer;
  /** @type {Map<string, boolean>} */
  #answers = new Map();
  #withdraw = () => {};

  /**
   * @param {HTMLElement} box Where the questions are shown.
   * @param {object} on
   * @param {() => void} on.ask Called when a question is shown.
   * @param {() => void} on.answer Called when the one that had the focus is gone.
   */
  constructor(box, { ask, answer }) {
    this.#box = box;
    this.#onAsk = ask;
    this.#onAnswer = answer;
  }

  /**
   * Whether all of these are allowed. Asks one question after the other, until one is not.
   * @param {KeyRequest[]} requests
   */
  async allow(requests) {
    for (const request of requests) {
      const { name, host } = request;
      const about = JSON.stringify([name, host]);
      const answer = this.#answers.get(about) ?? (await this.#ask(request));
      if (answer !== null) this.#answers.set(about, answer);
      if (!answer) return false;
    }
    return true;
  }

  /** Remove the open question: it is about a file that has changed. */
  withdraw() {
    this.#withdraw();
  }

  /** Ask again about what was not allowed. */
  reconsider() {
    for (const [about, allowed] of this.#answers) if (!allowed) this.#answers.delete(about);
  }

  /**
   * @param {KeyRequest} request
   * @returns {Promise<boolean | null>} null if it was withdrawn.
   */
  #ask({ name, vendor, host }) {
    const where = visible(host);
    const text = vendor
      ? `It is a key of ${vendor}. With it, ${where} can use your account there.`
      : `The file names it for another host. With it, ${where} can do there what you can.`;
    const question = new QuestionView(`This file sends ${label(name)} to ${where}.`, make("p", { text }));
    return new Promise((resolve) => {
      const end = (/** @type {boolean | null} */ answer) => {
        this.#withdraw = () => {};
        if (question.remove()) this.#onAnswer();
        resolve(answer);
      };
      question.button("Allow", async () => end(true));
      question.button("Do not allow", async () => end(false), { class: "primary" });
      this.#withdraw = () => end(null);
      this.#box.append(question.element);
      question.announce();
      this.#onAsk();
    });
  }
}
