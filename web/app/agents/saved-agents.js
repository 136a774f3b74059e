// The user's own agents, kept in this browser: `localStorage`, which tabs share. No DOM here but `Storage`.

const KEY = "sparewheel.agents";
const IN_USE = "sparewheel.agent-in-use";
const MAX_AGENTS = 200;
const MAX_NAME = 100; // characters

/** @typedef {{id: string, name: string, yaml: string, saved: string}} SavedAgent `saved`: ISO 8601 in UTC. */

/** Every call reads the storage anew, because another tab may have written to it. */
export class SavedAgents {
  #storage;

  /** @param {() => Storage} storage Throws where the browser keeps nothing. */
  constructor(storage = () => localStorage) {
    this.#storage = storage;
  }

  /**
   * The agents, the one that was saved last first. What is not one is left out: anything of this origin can write there.
   * @returns {SavedAgent[]}
   */
  list() {
    let found;
    try {
      found = JSON.parse(this.#storage().getItem(KEY) ?? "[]");
    } catch {
      return [];
    }
    return Array.isArray(found) ? found.filter(isAgent).slice(0, MAX_AGENTS) : [];
  }

  /**
   * Keep a file under a name.
   * @param {string} name
   * @param {string} yaml
   * @param {string} [id] Of the agent that it is a new version of, if that has this name. Else it becomes a new agent.
   * @returns {SavedAgent}
   * @throws {Error} With a sentence for the user.
   */
  save(name, yaml, id = "") {
    const agents = this.list();
    const kept = clean(name);
    const known = agents.find((agent) => agent.name === kept);
    if (known && known.id !== id) throw taken(kept);
    if (!known && agents.length >= MAX_AGENTS) throw new Error(`${MAX_AGENTS} agents are kept already. Delete one first.`);
    const agent = { id: known?.id ?? newId(), name: kept, yaml, saved: new Date().toISOString() };
    this.#write([agent, ...agents.filter((each) => each.id !== agent.id)]);
    return agent;
  }

  /**
   * @param {string} id
   * @param {string} name
   * @returns {string} The name as it is kept.
   */
  rename(id, name) {
    const agents = this.list();
    const kept = clean(name);
    if (agents.some((agent) => agent.id !== id && agent.name === kept)) throw taken(kept);
    this.#write(agents.map((agent) => (agent.id === id ? { ...agent, name: kept } : agent)));
    return kept;
  }

  /** @param {string} id */
  delete(id) {
    this.#write(this.list().filter((agent) => agent.id !== id));
  }

  /**
   * Undo a deletion.
   * @param {SavedAgent} agent
   * @param {number} place Where it was in the list.
   */
  restore(agent, place) {
    const others = this.list().filter(({ id }) => id !== agent.id);
    this.#write([...others.slice(0, place), agent, ...others.slice(place)]);
  }

  /**
   * Where a file came from, if it is the one that was in use last.
   * @param {string} yaml
   * @returns {import("./room.js").Origin | null}
   */
  originOf(yaml) {
    try {
      const { now, origin } = JSON.parse(this.#storage().getItem(IN_USE) ?? "{}");
      const { kind, id, title, yaml: first } = origin;
      const isOrigin =
        ["example", "saved", "link", "own"].includes(kind) && [id, title, first].every((each) => typeof each === "string");
      return now === yaml && isOrigin ? { kind, id, title: title.slice(0, MAX_NAME), yaml: first } : null;
    } catch {
      return null;
    }
  }

  /**
   * @param {string} now The file in use.
   * @param {import("./room.js").Origin} origin
   */
  keepOrigin(now, origin) {
    try {
      this.#storage().setItem(IN_USE, JSON.stringify({ now, origin }));
    } catch {
      // The name of the agent is forgotten with the page.
    }
  }

  /** @param {SavedAgent[]} agents */
  #write(agents) {
    let storage;
    try {
      storage = this.#storage();
    } catch {
      throw new Error("This browser does not let the page keep anything.");
    }
    try {
      storage.setItem(KEY, JSON.stringify(agents));
    } catch {
      throw new Error("The browser's storage for this page is full. Delete an agent first.");
    }
  }
}

/** Whether a `storage` event is about the agents. @param {StorageEvent} event */
export function isAboutAgents(event) {
  return event.key === KEY || event.key === null;
}

/** @param {string} name */
function clean(name) {
  const text = name.replace(/\s+/g, " ").trim().slice(0, MAX_NAME);
  if (!text) throw new Error("An agent needs a name.");
  return text;
}

/** @param {string} name */
function taken(name) {
  return new Error(`There is an agent "${name}" already. Choose another name.`);
}

function newId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/**
 * @param {unknown} value
 * @returns {value is SavedAgent}
 */
function isAgent(value) {
  if (typeof value !== "object" || value === null) return false;
  const { id, name, yaml, saved } = /** @type {Record<string, unknown>} */ (value);
  return [id, name, yaml, saved].every((text) => typeof text === "string") && String(name).length <= MAX_NAME;
}
