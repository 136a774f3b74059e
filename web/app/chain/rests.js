/**
 * @typedef {import("../../sparewheel.js").Kind} Kind
 *
 * @typedef {object} Rest Why a model is not asked.
 * @property {Kind} kind
 * @property {string} reason
 * @property {number | null} until Milliseconds since the epoch; null: not known, or until its key changes.
 */

/** The models that are not asked now, as the session and the events tell. */
export class Rests {
  /** @type {Map<string, Rest>} By model. */
  #rests = new Map();

  /**
   * Everything that the session tells replaces what was known.
   * @param {import("../../sparewheel.js").ChainModel[]} models
   * @param {number} now Milliseconds since the epoch.
   */
  know(models, now) {
    this.#rests.clear();
    for (const { model, state, wait_ms, kind = "unknown", reason = "" } of models) {
      if (state !== "ready") this.#rests.set(model, { kind, reason, until: wait_ms === null ? null : now + wait_ms });
    }
  }

  /**
   * @param {Extract<import("../../sparewheel.js").Event, {type: "skipped"}>} event
   * @param {number} now
   */
  skip({ model, kind, reason, wait_ms }, now) {
    // The session tells the true kind, the event that the model is passed over.
    const known = this.#rests.get(model)?.kind ?? kind;
    this.#rests.set(model, { kind: known, reason, until: wait_ms === null ? null : now + wait_ms });
  }

  /** @param {string} model It is asked although it rests. */
  ask(model) {
    this.#rests.delete(model);
  }

  /**
   * @param {string} model
   * @param {number} now
   */
  of(model, now) {
    const rest = this.#rests.get(model);
    return rest && (rest.until === null || rest.until > now) ? rest : null;
  }

  /**
   * Whether it rested, and may be asked again.
   * @param {string} model
   * @param {number} now
   */
  isOver(model, now) {
    return this.#rests.has(model) && !this.of(model, now);
  }
}
