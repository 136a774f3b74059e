// A runtime that keeps its sessions in a store: its commands, read-only sessions, and a worker that is replaced.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { createRuntime } from "../../web/sparewheel.js";
import { FakeWorker, START, HELLO, turn } from "./fake_worker.mjs";
import { takeOver } from "./replaced.mjs";
import { settle } from "./started.mjs";

const CREATED = {
  id: "kept", title: "", messages: 0,
  agent: "root", models: ["demo/hello"], agents: ["root"], welcome_message: "", warnings: [], commands: {},
};
const ROW = { id: "kept", title: "T", agent: "root", created: "2026", updated: "2026", turns: 1, state: "idle" };
const RESTORED = { type: "restored", turn: null, seq: null, interrupted: "t1", partial: "Hel", state: "interrupted" };

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

/** A runtime with a store, and its workers as they are made. */
async function start(store = "indexeddb", options = {}) {
  const workers = [];
  const createWorker = () => {
    workers.push(new FakeWorker());
    return workers.at(-1);
  };
  const starting = createRuntime({ createWorker, store, ...options });
  await settle();
  workers[0].ready();
  if (store !== "memory") workers[0].reply(await workers[0].command("use_store"), null);
  return { workers, worker: workers[0], runtime: await starting };
}

async function open(runtime, worker, created = {}) {
  const events = [];
  const opening = runtime.sessions.open("kept", { env: { K: "v" } }, (event) => events.push(event));
  worker.reply(await worker.command("open_session"), { ...CREATED, ...created });
  return { session: await opening, events };
}

test("the worker is told which store, before anything else", async () => {
  for (const [store, expected] of [
    ["indexeddb", { kind: "indexeddb", name: "sparewheel" }],
    [{ name: "mine" }, { kind: "indexeddb", name: "mine" }],
  ]) {
    const { worker } = await start(store);
    assert.deepEqual(worker.posted.slice(1).map(({ method, params }) => [method, params]), [["use_store", expected]]);
  }
  const { worker } = await start("memory");
  assert.deepEqual(worker.commands("use_store"), []);
});

test("a store that is none is refused, and one that the worker refuses ends the runtime", async () => {
  for (const store of ["indexedDB", "", 5, {}, { name: 5 }, { name: "x", kind: "y" }, [], () => {}]) {
    await assert.rejects(createRuntime({ createWorker: () => assert.fail("no worker"), store }), (error) => {
      assert.match(error.message, /store must be "memory", "indexeddb" or \{name\}/);
      return error.kind === "config";
    });
  }
  const worker = new FakeWorker();
  const starting = createRuntime({ createWorker: () => worker, store: { name: "a b" } });
  await settle();
  worker.ready();
  worker.refuse(await worker.command("use_store"), { kind: "config", message: "use_store is not valid: name" });
  await assert.rejects(starting, /name/);
  assert.equal(worker.terminated, true);
});

test("sessions are listed, renamed, deleted, exported and imported", async () => {
  const { runtime, worker } = await start();
  const answers = { list_sessions: [ROW], rename_session: null, delete_session: null, export_session: { v: 1 }, import_session: ROW };
  const calls = [
    [() => runtime.sessions.list(), "list_sessions", {}, [ROW]],
    [() => runtime.sessions.rename("kept", "New"), "rename_session", { id: "kept", title: "New" }, undefined],
    [() => runtime.sessions.delete("kept"), "delete_session", { id: "kept" }, undefined],
    [() => runtime.sessions.export("kept"), "export_session", { id: "kept" }, { v: 1 }],
    [() => runtime.sessions.import({ v: 1 }), "import_session", { document: { v: 1 } }, ROW],
  ];
  for (const [call, method, params, expected] of calls) {
    const result = call();
    const command = await worker.command(method);
    assert.deepEqual(command.params, params);
    worker.reply(command, answers[method]);
    assert.deepEqual(await result, expected);
  }
  const markdown = runtime.sessions.export("kept", { format: "markdown", id: "other" });
  const command = await worker.command("export_session", 1);
  assert.deepEqual(command.params, { format: "markdown", id: "kept" });
  worker.reply(command, "# T");
  assert.equal(await markdown, "# T");
  await assert.rejects(runtime.sessions.export("kept", "markdown"), /options object/);
});

test("a session is created under an id, and opened again with what the store does not have", async () => {
  const { runtime, worker } = await start();
  const creating = runtime.createSession({ yaml: "y", id: "kept", title: "T" });
  const command = await worker.command("create_session");
  assert.deepEqual([command.params.id, command.params.title, command.params.session], ["kept", "T", "s1"]);
  worker.reply(command, CREATED);
  const created = await creating;
  assert.deepEqual([created.id, created.readOnly], ["kept", false]);

  const { session, events } = await open(runtime, worker, { restored: RESTORED });
  const { params } = await worker.command("open_session");
  assert.deepEqual(params, { id: "kept", env: { K: "v" }, session: "s2", interactive: true });
  assert.deepEqual(events, [RESTORED]); // before the promise resolved
  const messages = session.messages();
  worker.reply(await worker.command("messages"), [{ role: "user", content: "hi" }]);
  assert.deepEqual(await messages, [{ role: "user", content: "hi" }]);
  assert.deepEqual((await worker.command("messages")).params, { session: "s2" });
});

test("a read-only session follows, and takes over", async () => {
  const { runtime, worker } = await start();
  const { session, events } = await open(runtime, worker, { read_only: true });
  assert.equal(session.readOnly, true);
  worker.events("s1", ...turn("t1", START, HELLO));
  assert.deepEqual(events.map(({ type }) => type), ["start", "delta"]);
  const taking = session.takeOver();
  worker.reply(await worker.command("take_over"), { ...CREATED, restored: RESTORED });
  await taking;
  assert.equal(session.readOnly, false);
  const driver = { type: "driver", turn: null, seq: null, read_only: false };
  assert.deepEqual(events.slice(2), [driver, RESTORED]);
  for (const name of ["s1", "gone"]) {
    worker.say(JSON.stringify({ type: "notice", session: name, event: { ...driver, read_only: true } }));
  }
  assert.equal(session.readOnly, true);
  assert.deepEqual(events.at(-1), { ...driver, read_only: true });
});

/** Locks as browsers have them, in a queue for each name. */
class Locks {
  held = [];
  #waiting = [];
  request(name, options, callback) {
    return new Promise((resolve, reject) => {
      const asked = { name, mode: options.mode ?? "exclusive", callback, resolve };
      if (options.ifAvailable && !this.#isFree(asked)) return resolve(callback(null));
      options.signal?.addEventListener("abort", () => {
        if (this.#waiting.includes(asked)) reject(options.signal.reason);
        this.#waiting = this.#waiting.filter((each) => each !== asked);
        this.#grant();
      });
      this.#waiting.push(asked);
      this.#grant();
    });
  }
  #isFree({ name, mode }) {
    return !this.held.some((each) => each.name === name && (mode === "exclusive" || each.mode === "exclusive"));
  }
  #grant() {
    const next = this.#waiting.find((asked, at) => this.#isFree(asked) && !this.#waiting.slice(0, at).some(({ name }) => name === asked.name));
    if (!next) return;
    this.#waiting = this.#waiting.filter((each) => each !== next);
    this.held.push(next);
    next.resolve(Promise.resolve(next.callback({})).finally(() => {
      this.held = this.held.filter((each) => each !== next);
      this.#grant();
    }));
    this.#grant();
  }
  /** Hold one; returns what releases it. */
  hold(name) {
    let release;
    void this.request(name, {}, () => new Promise((resolve) => (release = resolve)));
    return release;
  }
}

test("a read-only session is free by itself when its tab is gone, not when only its worker is", async (t) => {
  const locks = new Locks();
  const { navigator } = globalThis;
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true, writable: true });
  t.after(() => Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true }));
  const names = ["sparewheel-tab sparewheel kept", "sparewheel sparewheel kept"];
  const [leave, die] = names.map((name) => locks.hold(name));
  const { runtime, worker } = await start();
  const { session, events } = await open(runtime, worker, { read_only: true });
  die();
  await settle();
  assert.deepEqual(worker.commands("take_over"), []); // the tab starts another worker
  const end = locks.hold(names[1]);
  leave();
  await settle();
  assert.deepEqual(worker.commands("take_over"), []);
  end();
  const command = await worker.command("take_over");
  assert.deepEqual(command.params, { session: "s1", if_free: true });
  worker.reply(command, { ...CREATED, read_only: true }); // a third tab was faster
  worker.reply(await worker.command("take_over", 1), { ...CREATED, restored: RESTORED });
  await settle();
  assert.equal(session.readOnly, false);
  const driver = { type: "driver", turn: null, seq: null, read_only: false };
  assert.deepEqual(events, [driver, RESTORED]);
  assert.deepEqual(locks.held.map(({ name }) => name), [names[0]]); // so that others wait for this tab
  const closing = session.close();
  worker.reply(await worker.command("close"), null);
  await closing;
  await settle();
  assert.deepEqual(locks.held, []);
});

test("a worker that replaces another one opens stored sessions", async () => {
  const { runtime, workers, worker } = await start();
  const { session, events } = await open(runtime, worker);
  const running = session.send("hi");
  await worker.command("send");
  worker.events("s1", ...turn("t1", START, HELLO));
  worker.fail("gone");
  await assert.rejects(running, /worker has died/);
  const next = await takeOver(workers);
  const again = session.send("again");
  assert.deepEqual((await next.command("use_store")).params, { kind: "indexeddb", name: "sparewheel" });
  next.reply(await next.command("use_store"), null);
  const command = await next.command("open_session");
  assert.deepEqual(command.params, { id: "kept", env: { K: "v" }, session: "s1", interactive: true, again: true });
  next.reply(command, { ...CREATED, restored: RESTORED });
  assert.deepEqual((await next.command("send")).params.session, "s1");
  assert.deepEqual(events.slice(-2).map(({ type }) => type), ["runtime_restarted", "restored"]);
  assert.deepEqual(events.at(-2).sessions, ["kept"]);
  again.catch(() => {});
});

test("a session that storage has lost is created from the copy of its conversation", async () => {
  const { runtime, workers, worker } = await start();
  const creating = runtime.createSession({ yaml: "y", title: "T" });
  worker.reply(await worker.command("create_session"), CREATED);
  const session = await creating;
  worker.say(JSON.stringify({ type: "conversation", session: "s1", start: 0, messages: [{ role: "user", content: "hi" }] }));
  worker.fail("gone");
  const next = await takeOver(workers);
  next.reply(await next.command("use_store"), null);
  session.send("again").catch(() => {});
  next.refuse(await next.command("open_session"), { kind: "storage", message: "The browser's storage is full." });
  const { params } = await next.command("create_session");
  assert.deepEqual([params.id, params.title, params.history], ["kept", "T", [{ role: "user", content: "hi" }]]);
});

test("a page that goes away has everything written", async (context) => {
  const page = new EventTarget();
  const listen = (target) => (...args) => target.addEventListener(...args);
  const document = Object.assign(new EventTarget(), { visibilityState: "hidden", baseURI: "http://h.test/" });
  const before = { addEventListener: globalThis.addEventListener, document: globalThis.document };
  context.after(() => Object.assign(globalThis, before));
  Object.assign(globalThis, { addEventListener: listen(page), document, BroadcastChannel: undefined });
  const { runtime, worker } = await start();
  page.dispatchEvent(new Event("pagehide"));
  document.dispatchEvent(new Event("visibilitychange"));
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(worker.commands("flush").length, 2);
  runtime.dispose();
  await settle();
  page.dispatchEvent(new Event("pagehide"));
  assert.equal(worker.commands("flush").length, 2);
});
