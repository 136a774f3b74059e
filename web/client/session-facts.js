/** @typedef {import("../protocol.js").SessionCreated} SessionCreated */

/** What a session is made of, as the worker has told it last. */
export class SessionFacts {
  #created;

  /** @param {SessionCreated} created */
  constructor(created) {
    this.#created = created;
  }

  /** @param {SessionCreated} created */
  describe(created) {
    this.#created = created;
  }

  /** @param {import("../protocol.js").ModelChoices} choices */
  chose(choices) {
    this.#created = { ...this.#created, choices };
  }

  get agent() {
    return this.#created.agent;
  }

  get models() {
    return this.#created.models;
  }

  get agents() {
    return this.#created.agents;
  }

  get welcomeMessage() {
    return this.#created.welcome_message;
  }

  get warnings() {
    return this.#created.warnings;
  }

  get missingKeys() {
    return this.#created.missing_keys ?? [];
  }

  get preferred() {
    return this.#created.choices?.preferred ?? null;
  }

  get skipped() {
    return this.#created.choices?.skipped ?? [];
  }

  get commands() {
    return this.#created.commands;
  }
}
