import { label } from "../visible.js";

/** @typedef {import("../../sparewheel.js").ChainModel} ChainModel */

/** What is known of the models of a session: their short names, and what the session tells of them. No DOM here. */
export class Models {
  /** The chain of each agent. @type {Record<string, ChainModel[]>} */
  #chains = {};
  /** The models with the same last part of their names. @type {Map<string, Set<string>>} */
  #byName = new Map();

  /** @param {import("../../sparewheel.js").ChainState["agents"]} agents */
  know(agents) {
    this.#chains = agents;
    for (const { model } of Object.values(agents).flat()) this.#add(model);
  }

  /** @param {string} agent */
  chain(agent) {
    return this.#chains[agent] ?? [];
  }

  /** @param {string} model */
  facts(model) {
    for (const chain of Object.values(this.#chains)) {
      const found = chain.find((each) => each.model === model);
      if (found) return found;
    }
    return null;
  }

  /**
   * The name of a model, to be shown: without its provider, unless another one has the same.
   * @param {string} model As `provider/model`.
   */
  name(model) {
    return label(this.#add(model).size > 1 ? model : lastPart(model));
  }

  /** @param {string} model */
  #add(model) {
    const same = this.#byName.get(lastPart(model)) ?? new Set();
    this.#byName.set(lastPart(model), same.add(model));
    return same;
  }
}

/** @param {string} model */
function lastPart(model) {
  return model.slice(model.lastIndexOf("/") + 1) || model;
}
