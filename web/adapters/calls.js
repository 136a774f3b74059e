// The tool calls of a turn: how far each one is, and whether the turn waits for the user.

/**
 * @typedef {{id: string, task?: string}} Of The id of a call, and the call in which it is made.
 *
 * @typedef {object} Call
 * @property {string} id
 * @property {string} [task]
 * @property {string} part Its id for the reader: those of a turn's calls need not differ.
 * @property {string} name
 * @property {string} args JSON text, as far as it has come.
 * @property {"streaming" | "running" | "waiting" | "done"} state
 * @property {number} attempt 0 if it is not known.
 * @property {boolean} [exclusive] The calls after it wait until it is over.
 * @property {string} [approval] The id of the question.
 * @property {boolean} [hidden] The reader was not told of it.
 */

export class Calls {
  /** @type {Map<string, Call>} The latest call of each id; a sub-agent's may have the id of a call above it. */
  #calls = new Map();
  /** @type {Set<string>} */
  #parts = new Set();

  /** Whether nothing goes on until the user has answered: each call that has no result waits, or for one that waits. */
  get waiting() {
    const calls = this.all().filter(({ state }) => state === "running" || state === "waiting");
    const waiting = calls.filter(({ state }) => state === "waiting");
    const behind = (/** @type {Call} */ call) => (/** @type {Call} */ other) =>
      this.#isAbove(call.id, other) ||
      (other.exclusive && other.task === call.task && calls.indexOf(other) < calls.indexOf(call));
    return waiting.length > 0 && calls.every((call) => call.state === "waiting" || waiting.some(behind(call)));
  }

  all() {
    return [...this.#calls.values()];
  }

  /** @param {Of} of */
  get(of) {
    return this.#calls.get(key(of));
  }

  /**
   * @param {Of} of
   * @param {Pick<Call, "name" | "args" | "state"> & Partial<Call>} facts
   * @returns {Call}
   */
  add(of, facts) {
    let part = of.id;
    for (let count = 2; this.#parts.has(part); count++) part = `${of.id}~${count}`;
    this.#parts.add(part);
    const call = { id: of.id, ...(of.task !== undefined && { task: of.task }), part, attempt: 0, ...facts };
    this.#calls.delete(key(of)); // the order of the map is that of the calls
    this.#calls.set(key(of), call);
    return call;
  }

  /**
   * A call of a sub-agent: the reader is told of it if it waits.
   * @param {{id: string, name: string, args: string, task?: string}} event
   */
  inside(event) {
    const call = this.add(event, { name: event.name, args: event.args, state: "running", hidden: true });
    this.#parts.delete(call.part);
  }

  /** @param {Call} call */
  forget(call) {
    this.#calls.delete(key(call));
    this.#parts.delete(call.part);
  }

  /** @param {string} approval */
  asked(approval) {
    return this.all().find((call) => call.approval === approval && call.state === "waiting");
  }

  /**
   * The call of a result, with its new state: undefined if the reader was not told of it, or if it was over already.
   * @param {Of} of
   */
  over(of) {
    const call = this.get(of);
    if (!call || call.state === "done" || call.state === "streaming") return undefined;
    call.state = "done";
    return call.hidden ? undefined : call;
  }

  /**
   * Whether call `id` is one in which `call` is made.
   * @param {string} id
   * @param {Call} call
   */
  #isAbove(id, call) {
    const seen = new Set();
    const taskOf = (/** @type {string} */ above) => this.all().find((each) => each.id === above)?.task;
    for (let above = call.task; above !== undefined && !seen.has(above); above = taskOf(above)) {
      if (above === id) return true;
      seen.add(above);
    }
    return false;
  }
}

/** @param {Of} of */
const key = ({ id, task = "" }) => `${task}\0${id}`;

/**
 * The value of JSON text, or the text if it is none.
 * @param {string} text
 */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
