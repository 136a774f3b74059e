// What the benchmarks call in the page. Two contenders, "raw" and "ours", answer the same calls with the same facts.

import { scriptURL } from "../assets/script-url.js";
import { createRuntime } from "../sparewheel.js";

/** The addresses of two hosts; a model `other/NAME` is at the second one. */
let urls = { bench: "", other: "" };
let runtime;
/** Of sessions that IndexedDB keeps; started when it is first used. */
let storing;
const raw = new Worker(scriptURL(new URL("raw-worker.js", import.meta.url)), { type: "module" });

/** What a page does with every delta, whoever brings it. `stamped`: each holds the time of its sending. */
class Receiver {
  deltas = 0;
  text = "";
  firstMs = null;
  latencies = [];

  constructor(stamped) {
    this.stamped = stamped;
    this.start = performance.now();
  }

  take(content) {
    if (this.deltas === 0) this.firstMs = performance.now() - this.start;
    if (this.stamped) this.latencies.push(performance.timeOrigin + performance.now() - Number(content));
    this.deltas += 1;
    this.text += content;
  }

  facts() {
    const { deltas, text, firstMs, latencies, start } = this;
    const began = performance.timeOrigin + start;
    return { ms: performance.now() - start, deltas, chars: text.length, firstMs, latencies, began };
  }
}

function agentFile(models) {
  const [first, ...rest] = models.map((model) => (model.startsWith("other/") ? model : `bench/${model}`));
  return `
agents:
  root: {model: ${first}, fallback: {models: ${JSON.stringify(rest)}, retries: -1}}
providers:
  bench: {base_url: "${urls.bench}/v1", token_key: BENCH_KEY}
  other: {base_url: "${urls.other}/v1", token_key: BENCH_KEY}
`;
}

/** A key of the length that keys have: texts are searched for it. */
const ENV = { BENCH_KEY: "sk-bench-0123456789abcdefghijklmnop" };

const open = (models, more, listener, from = runtime) =>
  from.createSession({ yaml: agentFile(models), env: ENV, ...more }, listener);

const store = { name: "bench" };
const withStore = async () => (storing ??= await createRuntime({ store }));

const take = (event) => {
  if (event.type === "delta") receiver.take(event.content);
};

const DESCRIPTION = "Finds what was ordered, by its number and the day of the order.";
const PARAMETERS = {
  type: "object",
  properties: { number: { type: "string", description: "Of the order." }, day: { type: "string" } },
  required: ["number"],
};

/** So many tools and messages, in the words of either contender. */
const loads = {
  raw(tools, messages) {
    const named = names(tools).map((name) => ({ name, description: DESCRIPTION, parameters: PARAMETERS }));
    return { tools: named.map((each) => ({ type: "function", function: each })), messages: history(messages) };
  },

  ours(tools, messages) {
    const tool = { description: DESCRIPTION, parameters: PARAMETERS, readOnly: true, execute: () => "none" };
    return { tools: Object.fromEntries(names(tools).map((name) => [name, tool])), history: history(messages) };
  },
};

const names = (count) => Array.from({ length: count }, (_, number) => `find_${number}`);

const history = (count) =>
  Array.from({ length: count }, (_, number) => ({
    role: number % 2 ? "assistant" : "user",
    content: `This is message number ${number} of a conversation that has been going on for a while.`,
  }));

/** The session that the next run of "ours" takes: making one is no part of an answer. */
let prepared = null;
let receiver = null;

/** The raw worker: a post for each delta, or for each chunk of the network. */
const plainly = (isBatch) => ({
  async prepare(_, load) {
    raw.postMessage({ load });
  },

  run(models) {
    return new Promise((resolve) => {
      raw.onmessage = ({ data }) => {
        if (data.type === "delta") receiver.take(data.content);
        else if (data.type === "deltas") data.contents.forEach((content) => receiver.take(content));
        else resolve();
      };
      raw.postMessage({ urls, models, isBatch });
    });
  },
});

const contenders = {
  raw: plainly(false),
  batch: plainly(true),

  ours: {
    async prepare(models, load) {
      await prepared?.close();
      prepared = await open(models, load, take);
    },

    run: () => prepared.send("Hello"),
  },

  /** As "ours", with a store. */
  stored: {
    async prepare(models, load) {
      await prepared?.close();
      prepared = await open(models, load, take, await withStore());
    },

    run: () => prepared.send("Hello"),
  },

  /** `chat` with a file that the runtime has read before. */
  chat: {
    prepare: (models) => runtime.parseConfig(agentFile(models)),
    run: (models) => runtime.chat({ yaml: agentFile(models), env: ENV, messages: [{ role: "user", content: "Hello" }] }, take),
  },

  /** A session that is made for its first turn, of such a file. */
  session: {
    prepare: (models) => runtime.parseConfig(agentFile(models)),
    async run(models) {
      const session = await open(models, {}, take);
      await session.send("Hello");
      return session;
    },
  },
};

/** Has the Python function `lookup` called: demo/tools asks for it, whatever it is told. */
const OBSERVER = "agents: {root: {model: demo/tools}}";
let observer = null;

globalThis.bench = {
  async boot(bench, other, withRuntime) {
    urls = { bench, other };
    if (withRuntime) runtime = await createRuntime();
    return runtime?.boot.mode;
  },

  prepare: (contender, models, tools, messages) => contenders[contender].prepare(models, loads[contender]?.(tools, messages)),

  async run(contender, models, stamped) {
    receiver = new Receiver(stamped);
    const session = await contenders[contender].run(models);
    const facts = receiver.facts();
    await session?.close?.();
    return facts;
  },

  /** Short turns in so many sessions at once; turns a second. */
  async atOnce(model, sessions, turns) {
    const opened = await Promise.all(Array.from({ length: sessions }, () => open([model], {}, () => {})));
    const began = performance.now();
    await Promise.all(
      opened.map(async (session) => {
        for (let number = 0; number < turns; number += 1) await session.send("Hello");
      }),
    );
    const took = performance.now() - began;
    await Promise.all(opened.map((session) => session.close()));
    return (sessions * turns * 1000) / took;
  },

  /** How long each of so many turns of new sessions takes, and each of so many sessions without a turn, in ms. */
  async flat(model, count) {
    const times = { turns: [], sessions: [] };
    for (let number = 0; number < count; number += 1) {
      const began = performance.now();
      const session = await open([model], {}, () => {});
      const opened = performance.now();
      await session.send("Hello");
      const answered = performance.now();
      await session.close();
      times.turns.push(answered - opened);
      times.sessions.push(opened - began + performance.now() - answered);
    }
    return times;
  },

  /** How long another runtime takes to start, with or without a store, in ms. */
  async start(isStoring) {
    const began = performance.now();
    const started = await createRuntime(isStoring ? { store } : {});
    const took = performance.now() - began;
    await started.dispose();
    return took;
  },

  /** Make so many stored sessions, each with a turn. */
  async fill(model, count) {
    const from = await withStore();
    for (let number = 0; number < count; number += 1) {
      const session = await open([model], { id: `filled-${number}` }, () => {}, from);
      await session.send("Hello");
      await session.close();
    }
  },

  /** How long the list of the stored sessions takes, and opening one of them, in ms; and how many there are. */
  async stored(number) {
    const began = performance.now();
    const rows = await storing.sessions.list();
    const listed = performance.now();
    const session = await storing.sessions.open(`filled-${number}`, { env: ENV }, () => {});
    const opened = performance.now();
    await session.close();
    return { list: listed - began, open: opened - listed, count: rows.length };
  },

  /** Turns one after the other in one session that is restarted now and then; how each ended. */
  async turns(yaml, env, count, perSession) {
    const ends = {};
    let session = null;
    let terminal = "none";
    let afterwards = 0;
    const hear = ({ type }) => {
      if (["finish", "error", "aborted"].includes(terminal)) afterwards += 1;
      terminal = type;
    };
    for (let number = 0; number < count; number += 1) {
      if (number % perSession === 0) {
        await session?.close();
        session = await runtime.createSession({ yaml, env }, hear);
      }
      terminal = "none";
      await session.send("Hello").catch(() => {});
      ends[terminal] = (ends[terminal] ?? 0) + 1;
    }
    await session.close();
    return { ends, afterwards };
  },

  /** What `lookup` of this Python source returns; the source of the first call stays. */
  async lookup(python) {
    observer ??= await runtime.createSession({ yaml: OBSERVER, python });
    try {
      for await (const event of observer.stream("Look")) if (event.type === "tool_result") return JSON.parse(event.output);
    } finally {
      await observer.restart();
    }
    throw new Error("nothing was told");
  },
};

/** Do what the one at this address says. */
async function obey(control) {
  for (;;) {
    const { method, args } = await (await fetch(`${control}/next`)).json();
    const outcome = await bench[method](...args).then(
      (result) => ({ result: result ?? null }),
      (error) => ({ error: String(error) }),
    );
    await fetch(`${control}/done`, { method: "POST", body: JSON.stringify(outcome) });
  }
}

void obey(new URLSearchParams(location.search).get("control"));
