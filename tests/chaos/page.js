// The page of an episode in a browser: it answers calls, approvals and questions in the ways it is given, and stops turns.

const sessions = new Map();
const workers = []; // as they were made; one may be started in advance
let current = null;
let kills = 0;
let dead = false; // the worker was ended, and has not been replaced yet

const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The next way to answer, once its time has come; never, if it is "never". */
async function move(own) {
  const [word, after] = own.answers[own.moves++ % own.answers.length];
  if (word === "never") await new Promise(() => {});
  await wait(after);
  return word;
}

async function result(own, values) {
  const word = await move(own);
  if (word === "error") throw new Error(values.secret);
  return values[word] ?? values.value;
}

/** Answers an approval or a question, perhaps twice; an answer that is refused is none. */
async function answer(own, event, { decisions, actions }) {
  const word = await move(own);
  for (let times = word === "twice" ? 2 : 1; times > 0; times--) {
    const done =
      event.type === "elicitation"
        ? own.session.respondToElicitation({ id: event.id, action: actions[word] ?? "accept", content: { answer: "x" } })
        : own.session.confirm({ id: event.id, decision: decisions[word] ?? "approve" });
    await done.catch(() => {});
  }
}

const ways = {
  abort: (own) => own.session.abort(),
  "abort all": () => theirs.runtime().abort(),
  restart: (own) => own.session.restart(),
  close: (own) => own.session.close(),
  kill() {
    kills++;
    dead = true;
    current.terminate();
  },
  confuse: (own) =>
    Promise.allSettled([
      own.session.send("another turn"),
      own.session.export(),
      own.session.confirm({ id: "unknown", decision: "approve_all" }),
      own.session.respondToElicitation({ id: "unknown", action: "accept" }),
    ]),
};

globalThis.chaos = {
  async boot() {
    const createWorker = (url) => workers[workers.push(new Worker(url, { type: "module" })) - 1];
    const takeOver = () => {
      current = workers.at(-1);
      dead = false;
    };
    const stages = await theirs.boot("main", { createWorker, onEvent: takeOver });
    takeOver();
    return stages;
  },

  async open(name, options, answers, values) {
    const own = { answers, moves: 0, events: [], session: null };
    const tools = Object.fromEntries(
      Object.entries(options.tools).map(([tool, spec]) => [tool, { ...spec, execute: () => result(own, values.tools) }]),
    );
    const hook = () => result(own, values.hooks);
    const hooks = { pre_tool_use: { matcher: "look|slow", hook } };
    const listener = (event) => {
      if (event.turn === null) return;
      own.events.push(event);
      if (event.type === "tool_confirmation" || event.type === "elicitation") answer(own, event, values);
    };
    const create = () => theirs.runtime().createSession({ ...options, tools, hooks }, listener);
    const before = kills;
    own.session = await create().catch((error) => {
      if (!dead && kills === before) throw error;
      return create(); // in the worker that replaces the one that was ended
    });
    sessions.set(name, own);
  },

  /** A turn, and what stops it. `killed`: the worker was ended meanwhile, or shortly before. */
  async turn(name, stop) {
    const own = sessions.get(name);
    const before = dead ? -1 : kills;
    own.events = [];
    const turn = theirs.settled(own.session.send("hi"));
    const stopping = stop && wait(stop.after).then(() => ways[stop.how](own));
    const outcome = await turn;
    const events = own.events.filter((event) => event.turn === own.events[0].turn);
    await stopping;
    return { ...outcome, events, killed: kills > before };
  },
};
