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
  const { name, kind, message, hint, code, status, provider, model, retryable, attempts, stage, stack } = error;
  return { name, kind, message, hint, code, status, provider, model, retryable, attempts, stage, stack };
}

const settled = (promise) =>
  promise.then(
    (result) => ({ result: result ?? null }),
    (error) => ({ error: facts(error) }),
  );

const entry = (name) => sessions.get(name);

globalThis.theirs = {
  settled,

  async boot(name = "main", options = {}) {
    const stages = [];
    const runtime = await createRuntime({ ...options, onProgress: ({ stage }) => stages.push(stage) });
    runtimes.set(name, runtime);
    return stages;
  },

  async open(name, options, { runtime = "main", throwing = false } = {}) {
    const log = new Log();
    const listener = (event) => {
      log.hear(event);
      if (throwing) throw new Error("the listener of a page throws");
    };
    const session = await runtimes.get(runtime).createSession(options, listener);
    sessions.set(name, { session, log, start: 0, turn: null, control: null });
    return { agent: session.agent, models: session.models };
  },

  begin(name, prompt) {
    const own = entry(name);
    own.start = own.log.events.length;
    own.control = new AbortController();
    own.turn = settled(own.session.send(prompt, { signal: own.control.signal }));
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
  close: (name) => entry(name).session.close(),

  /** The ways to stop a turn. */
  abort: (name) => entry(name).session.abort(),
  signal: (name) => entry(name).control.abort(),
  abortAll: (runtime = "main") => runtimes.get(runtime).abort(),
  dispose: (runtime = "main") => runtimes.get(runtime).dispose(),
};
