// An embedding application, reduced to what the tests need. Runtimes and sessions have names that the tests use;
// results come back as plain JSON.

const runtimes = new Map();
const sessions = new Map();

/** The events of one session, and whoever waits for one. */
class Log {
  events = [];
  #news = [];

  hear(event) {
    this.events.push(event);
    for (const tell of this.#news.splice(0)) tell();
  }

  /** The events from `start` on, once `n` of them have this type. */
  async until(start, type, n) {
    for (;;) {
      const events = this.events.slice(start);
      if (events.filter((event) => event.type === type).length >= n) return events;
      await new Promise((tell) => this.#news.push(tell));
    }
  }
}

function facts(error) {
  const { name, kind, message, hint, code, status, provider, model, retryable, attempts, stage, stack, missing_keys } = error;
  return { name, kind, message, hint, code, status, provider, model, retryable, attempts, stage, stack, missing_keys };
}

const settled = (promise) =>
  promise.then(
    (result) => ({ result: result ?? null }),
    (error) => ({ error: facts(error) }),
  );

const entry = (name) => sessions.get(name);

/** Make a session, and keep it under a name with what its listener hears. */
async function keep(name, make, throwing = false) {
  const log = new Log();
  const session = await make((event) => {
    log.hear(event);
    if (throwing) throw new Error("the listener of a page throws");
  });
  sessions.set(name, { session, log, start: 0, turn: null, control: null });
  return session;
}

globalThis.theirs = {
  settled,

  async boot(name = "main", options = {}) {
    const stages = [];
    const runtime = await createRuntime({ ...options, onProgress: ({ stage }) => stages.push(stage) });
    runtimes.set(name, runtime);
    return stages;
  },

  async open(name, options, { runtime = "main", throwing = false } = {}) {
    const listening = (listener) => runtimes.get(runtime).createSession(options, listener);
    const { agent, models } = await keep(name, listening, throwing);
    return { agent, models };
  },

  /** Open a stored session. */
  async reopen(name, id, options, { runtime = "main" } = {}) {
    const session = await keep(name, (listener) => runtimes.get(runtime).sessions.open(id, options, listener));
    return { id: session.id, readOnly: session.readOnly };
  },

  /** Call a function of the stored sessions. */
  stored: (method, ...args) => runtimes.get("main").sessions[method](...args),
  heard: (name) => entry(name).log.events,
  hears: (name, type, n) => entry(name).log.until(0, type, n),
  messages: (name) => entry(name).session.messages(),
  takeOver: (name) => entry(name).session.takeOver(),
  readOnly: (name) => entry(name).session.readOnly,
  folded: (events) => fold(events),

  begin(name, prompt, options = {}) {
    const own = entry(name);
    own.start = own.log.events.length;
    own.control = new AbortController();
    own.turn = settled(own.session.send(prompt, { ...options, signal: own.control.signal }));
  },

  seen: (name, type, n) => entry(name).log.until(entry(name).start, type, n),

  async end(name) {
    const outcome = await entry(name).turn;
    const events = entry(name).log.events.slice(entry(name).start);
    return { ...outcome, events, text: fold(events).text };
  },

  /** Many turns one after the other: the last event of each. */
  async turns(name, prompts) {
    const terminals = [];
    for (const prompt of prompts) {
      theirs.begin(name, prompt);
      const { events } = await theirs.end(name);
      terminals.push(events.at(-1));
    }
    return terminals;
  },

  async streamed(name, prompt) {
    const events = [];
    for await (const event of entry(name).session.stream(prompt)) events.push(event);
    return events;
  },

  /** For what needs functions of the page, which a test cannot pass. */
  session: (name) => entry(name).session,
  runtime: (name = "main") => runtimes.get(name),

  chat: (options) => runtimes.get("main").chat(options),
  parse: (yaml) => runtimes.get("main").parseConfig(yaml),
  send: (name, prompt) => entry(name).session.send(prompt),
  exported: (name) => entry(name).session.export(),
  runCode: (name, code) => entry(name).session.runCode(code),
  close: (name) => entry(name).session.close(),

  /** Call a method of a session; what it then tells of its models. */
  async steer(name, method, ...args) {
    const { session } = entry(name);
    await session[method](...args);
    const { models, preferred, skipped, missingKeys } = session;
    return { models, preferred, skipped, missing: missingKeys.map(({ name }) => name) };
  },

  restart: (runtime = "main") => runtimes.get(runtime).restart(),

  /** The ways to stop a turn. */
  abort: (name) => entry(name).session.abort(),
  signal: (name) => entry(name).control.abort(),
  abortAll: (runtime = "main") => runtimes.get(runtime).abort(),
  dispose: (runtime = "main") => runtimes.get(runtime).dispose(),
};
