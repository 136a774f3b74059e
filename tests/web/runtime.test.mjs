// createRuntime and the runtime's own calls, against a worker that the test plays.

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { createRuntime, SparewheelError } from "../../web/sparewheel.js";
import { BUILD } from "../../web/boot/build.js";
import { FakeWorker, HELLO, RESULT, START, turn } from "./fake_worker.mjs";

async function start(options = {}) {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false, ...options });
  await Promise.resolve();
  worker.ready();
  return { worker, runtime: await starting };
}

const kind = (expected, message = /./) => (error) => {
  assert.ok(error instanceof SparewheelError, String(error));
  assert.equal(error.kind, expected);
  assert.match(error.message, message);
  return true;
};

test("starting resolves when the worker is ready, and tells its progress", async () => {
  const worker = new FakeWorker();
  const seen = [];
  const urls = [];
  const starting = createRuntime({
    assetBase: "https://host.example/a/b",
    createWorker: (url) => (urls.push(url.href), worker),
    onProgress: (progress) => seen.push(progress.stage),
  });
  await Promise.resolve();
  worker.progress("check");
  worker.progress("pyodide", { done: 5, total: 10 });
  worker.ready();
  await starting;
  assert.deepEqual(seen, ["check", "pyodide"]);
  assert.deepEqual(urls, ["https://host.example/a/b/worker.js"]);
  assert.deepEqual(worker.posted, [{ type: "boot", indexURL: "https://host.example/a/b/pyodide/", build: BUILD }]);
});

test("without assetBase, assets are beside sparewheel.js", async () => {
  const { worker } = await start();
  assert.equal(worker.posted[0].indexURL, new URL("../../web/pyodide/", import.meta.url).href);
});

test("workerUrl names another script", async () => {
  const urls = [];
  const worker = new FakeWorker();
  const createWorker = (url) => (urls.push(url.href), worker);
  const starting = createRuntime({ workerUrl: "https://host.example/w.js", createWorker });
  await Promise.resolve();
  worker.ready();
  await starting;
  assert.deepEqual(urls, ["https://host.example/w.js"]);
});

test("a progress listener that throws is reported once and stops nothing", async () => {
  const report = mock.method(console, "error", () => {});
  try {
    const worker = new FakeWorker();
    const onProgress = () => {
      throw new Error("mine");
    };
    const starting = createRuntime({ createWorker: () => worker, onProgress });
    await Promise.resolve();
    worker.progress("check");
    worker.progress("pyodide");
    worker.ready();
    await starting;
    assert.equal(report.mock.callCount(), 1);
  } finally {
    report.mock.restore();
  }
});

test("boot_failed rejects with stage, reason and hint, and ends the worker", async () => {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false });
  await Promise.resolve();
  worker.say({ type: "boot_failed", stage: "pyodide", reason: "404 for https://h/pyodide.mjs", hint: "Deploy dist/." });
  await assert.rejects(starting, (error) => {
    kind("boot_failed", /could not start: 404 for https:\/\/h\/pyodide\.mjs/)(error);
    assert.equal(error.stage, "pyodide");
    assert.equal(error.hint, "Deploy dist/.");
    return true;
  });
  assert.ok(worker.terminated);
});

test("a worker that can not be made is a boot_failed with a hint", async () => {
  const createWorker = () => {
    throw new Error("cannot be accessed from origin");
  };
  await assert.rejects(createRuntime({ createWorker }), (error) => {
    kind("boot_failed", /cannot be accessed from origin/)(error);
    assert.match(error.hint, /worker-src.*CORS/);
    return true;
  });
});

test("a worker that dies while it starts is a boot_failed", async () => {
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, restart: false });
  await Promise.resolve();
  worker.fail("SyntaxError: oops");
  await assert.rejects(starting, kind("boot_failed", /SyntaxError: oops/));
  assert.ok(worker.terminated);
});

for (const [what, response, expected, hint] of [
  ["is missing", new Response("", { status: 404 }), /404 for http:\/\/h\/worker\.js/, /dist\//],
  ["is served as text", new Response("", { headers: { "content-type": "text/plain" } }), /must be text\/javascript/, /MIME/],
  ["is fine", new Response("", { headers: { "content-type": "text/javascript" } }), /did not load/, /worker-src/],
]) {
  test(`a worker script that does not load and ${what} is explained`, async () => {
    const fetching = mock.method(globalThis, "fetch", async () => response);
    try {
      const worker = new FakeWorker();
      const starting = createRuntime({ workerUrl: "http://h/worker.js", createWorker: () => worker });
      await Promise.resolve();
      worker.fail(undefined);
      await assert.rejects(starting, (error) => kind("boot_failed", expected)(error) && hint.test(error.hint));
    } finally {
      fetching.mock.restore();
    }
  });
}

test("a worker that says nothing is given up", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const worker = new FakeWorker();
    const starting = createRuntime({ createWorker: () => worker, restart: false });
    await Promise.resolve();
    mock.timers.tick(80_000);
    worker.progress("pyodide");
    mock.timers.tick(80_000);
    assert.equal(worker.terminated, false);
    mock.timers.tick(10_000);
    await assert.rejects(starting, (error) => kind("boot_failed", /silent/)(error) && error.stage === "pyodide");
    assert.ok(worker.terminated);
  } finally {
    mock.timers.reset();
  }
});

test("starting can be aborted, before and during", async () => {
  let made = 0;
  const worker = new FakeWorker();
  const createWorker = () => (made++, worker);
  await assert.rejects(createRuntime({ createWorker, signal: AbortSignal.abort() }), kind("aborted", /aborted/));
  assert.equal(made, 0);
  const control = new AbortController();
  const starting = createRuntime({ createWorker, signal: control.signal });
  await Promise.resolve();
  control.abort();
  await assert.rejects(starting, kind("aborted", /aborted/));
  assert.ok(worker.terminated);
});

for (const [options, message] of [
  [{ onprogress: () => {} }, 'createRuntime: unknown option "onprogress" (did you mean "onProgress"?)'],
  [{ assetsBase: "/x" }, 'createRuntime: unknown option "assetsBase" (did you mean "assetBase"?)'],
  [{ model: {} }, 'createRuntime: unknown option "model" (did you mean "models"?)'],
  [{ yaml: "agents: {}" }, 'createRuntime: unknown option "yaml"'],
  [{ "": 1 }, 'createRuntime: unknown option ""'],
  [{ toString: 1 }, 'createRuntime: unknown option "toString"'],
  [{ assetBase: 7 }, "createRuntime: assetBase must be a string or a URL"],
  [{ onProgress: "log" }, "createRuntime: onProgress must be a function"],
  [{ signal: {} }, "createRuntime: signal must be an AbortSignal"],
  [{ snapshot: "no" }, "createRuntime: snapshot must be true or false"],
  [{ models: [] }, "createRuntime: models must be an object of models by name"],
  [null, "createRuntime: expected an options object"],
  ["/assets/", "createRuntime: expected an options object"],
]) {
  test(`createRuntime refuses ${JSON.stringify(options)} before any worker is made`, async () => {
    let made = 0;
    const createWorker = () => (made++, new FakeWorker());
    const starting = createRuntime(options && typeof options === "object" ? { createWorker, ...options } : options);
    await assert.rejects(starting, (error) => {
      assert.equal(error.message, message);
      return kind("config")(error);
    });
    assert.equal(made, 0);
  });
}

test("an option that is known, or is undefined or null, is not refused", async () => {
  const { runtime } = await start({
    assetBase: new URL("https://h/"), onProgress() {}, signal: new AbortController().signal, snapshot: true, models: {},
    workerUrl: undefined, whatever: undefined, fetch: null,
  });
  runtime.dispose();
});

test("replies settle their own call, in whatever order they come", async () => {
  const { worker, runtime } = await start();
  const parsing = runtime.parseConfig("a");
  const listing = runtime.listAgents("b");
  const [parse, list] = [await worker.command("parse_config"), await worker.command("list_agents")];
  assert.deepEqual([parse.params, list.params], [{ yaml: "a" }, { yaml: "b" }]);
  worker.reply(list, ["second"]);
  worker.reply(parse, { version: "1" });
  assert.deepEqual(await parsing, { version: "1" });
  assert.deepEqual(await listing, ["second"]);
});

test("a refusal carries every fact", async () => {
  const { worker, runtime } = await start();
  const parsing = runtime.parseConfig("a");
  const attempts = [{ attempt: 1, model: "p/m", outcome: "failed" }];
  worker.refuse(await worker.command("parse_config"), {
    kind: "rate_limit", code: "rate_limit", message: "slow down", hint: "Wait.", status: 429, provider: "p", model: "p/m",
    retryable: true, attempts,
  });
  await assert.rejects(parsing, (error) => {
    kind("rate_limit", /slow down/)(error);
    const { code, hint, status, provider, model, retryable } = error;
    assert.deepEqual(
      { code, hint, status, provider, model, retryable, attempts: error.attempts },
      { code: "rate_limit", hint: "Wait.", status: 429, provider: "p", model: "p/m", retryable: true, attempts },
    );
    return true;
  });
});

const cycle = {};
cycle.self = cycle;
for (const [what, value] of [
  ["a BigInt", 1n],
  ["a cycle", cycle],
  ["a function", () => {}],
  ["a symbol", Symbol("x")],
  ["NaN", Number.NaN],
]) {
  test(`an option that holds ${what} is refused, and the runtime goes on`, async () => {
    const { worker, runtime } = await start();
    await assert.rejects(runtime.createSession({ yaml: "", extra: [value] }), kind("config", /create_session.*JSON/));
    const listing = runtime.listAgents("b");
    worker.reply(await worker.command("list_agents"), []);
    assert.deepEqual(await listing, []);
    assert.equal(worker.commands("create_session").length, 0);
  });
}

test("options go into create_session, the id is the shim's", async () => {
  const { worker, runtime } = await start();
  const creating = runtime.createSession({ yaml: "y", env: { KEY: "sk-CANARY" }, autoApprove: true, session: "mine" });
  const command = await worker.command("create_session");
  assert.deepEqual(command.params, { yaml: "y", env: { KEY: "sk-CANARY" }, autoApprove: true, interactive: false, session: "s1" });
  const made = { agent: "root", models: ["demo/hello"], agents: ["root", "other"], commands: { fix: { instruction: "Fix it." } }, warnings: ["w"] };
  worker.reply(command, { ...made, welcome_message: "Hi" });
  const session = await creating;
  const { id, agent, models, agents, commands, warnings, welcomeMessage } = session;
  assert.deepEqual([id, { agent, models, agents, commands, warnings }, welcomeMessage], ["s1", made, "Hi"]);
});

test("chat runs one turn under an id of its own", async () => {
  const { worker, runtime } = await start();
  const heard = [];
  const messages = [{ role: "user", content: "hi" }];
  const chatting = runtime.chat({ yaml: "y", messages, signal: new AbortController().signal }, (event) => heard.push(event));
  const command = await worker.command("chat");
  assert.deepEqual(command.params, { yaml: "y", messages, interactive: true, session: "s1" });
  worker.events("s1", ...turn("t1", START, HELLO));
  worker.events("s2", ...turn("t2", START));
  worker.reply(command, RESULT);
  assert.deepEqual(await chatting, RESULT);
  worker.events("s1", ...turn("t3", START));
  assert.deepEqual(heard, turn("t1", START, HELLO));
});

test("abort() asks for every turn and never fails", async () => {
  const { worker, runtime } = await start();
  assert.equal(runtime.abort(), undefined);
  const command = await worker.command("abort");
  assert.deepEqual(command.params, { reason: "user" });
  worker.refuse(command, { kind: "internal", message: "no" });
  runtime.dispose();
  runtime.abort();
});

test("dispose settles what is open, refuses what comes, and may come twice", async () => {
  const { worker, runtime } = await start();
  const parsing = runtime.parseConfig("a");
  await worker.command("parse_config");
  runtime.dispose();
  runtime.dispose();
  await assert.rejects(parsing, kind("aborted", /aborted.*disposed/));
  assert.ok(worker.terminated);
  assert.match((await runtime.closed).message, /disposed/);
  for (const call of [() => runtime.parseConfig("a"), () => runtime.chat({}), () => runtime.createSession({})]) {
    await assert.rejects(call(), kind("internal", /disposed/));
  }
  await assert.rejects(runtime.listAgents(""), (error) => /createRuntime/.test(error.hint));
});

for (const [how, die] of [
  ["error", (worker) => worker.fail("RuntimeError: unreachable")],
  ["messageerror", (worker) => worker.dispatchEvent(new Event("messageerror"))],
  ["text that is not JSON", (worker) => worker.say("{")],
]) {
  test(`a worker that ends with ${how} settles everything, at once and from then on`, async () => {
    const { worker, runtime } = await start();
    const open = [runtime.parseConfig("a"), runtime.listAgents("b"), runtime.chat({ messages: [] })];
    await worker.command("chat");
    die(worker);
    for (const promise of open) await assert.rejects(promise, kind("internal", /worker has died/));
    await assert.rejects(runtime.parseConfig("a"), kind("internal", /worker has died/));
    assert.ok(worker.terminated);
    runtime.dispose();
    assert.match((await runtime.closed).message, /worker has died/);
  });
}

test("runtimes live side by side", async () => {
  const [one, two] = [await start(), await start()];
  const [first, second] = [one.runtime.listAgents("1"), two.runtime.listAgents("2")];
  one.runtime.dispose();
  two.worker.reply(await two.worker.command("list_agents"), ["two"]);
  await assert.rejects(first, kind("aborted"));
  assert.deepEqual(await second, ["two"]);
});
