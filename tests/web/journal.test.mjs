// The journal's database, with an IndexedDB in memory: what one transaction does, upgrades, and what can go wrong.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import "../../web/node_modules/fake-indexeddb/auto/index.mjs";
import { IDBFactory, IDBObjectStore } from "../../web/node_modules/fake-indexeddb/build/esm/index.js";
import FakeEvent from "../../web/node_modules/fake-indexeddb/build/esm/lib/FakeEvent.js";
import { MIGRATIONS } from "../../web/journal/connection.js";
import { Journal } from "../../web/journal/journal.js";

const CHANGE = { session: "s", deleted: false, dropped: [], records: [], header: null };

/** @type {Journal[]} */
let journals = [];

beforeEach(() => (globalThis.indexedDB = new IDBFactory()));
afterEach(() => Promise.all(journals.splice(0).map((journal) => journal.close())));

function open(name = "test", migrations = MIGRATIONS) {
  journals.push(new Journal(name, migrations));
  return journals.at(-1);
}

const write = (journal, ...changes) => journal.write(JSON.stringify(changes.map((each) => ({ ...CHANGE, ...each }))), true);
const read = async (journal, session = "s", after = 0) => JSON.parse(await journal.read(session, after));
const headers = async (journal) => JSON.parse(await journal.headers()).sort();
const fails = (promise, cause, message = /./) =>
  assert.rejects(promise, (error) => error.name === cause && message.test(error.message) && error.constructor.name === "StorageFault");

test("records and headers are stored, replaced and deleted", async () => {
  const journal = open();
  assert.equal(await journal.last("s"), 0);
  await write(journal, { records: [[1, "a"], [2, "b"], [10, "c"]], header: "h" }, { session: "t", records: [[1, "x"]], header: "g" });
  assert.deepEqual(await read(journal), [[1, "a"], [2, "b"], [10, "c"]]);
  assert.deepEqual(await read(journal, "s", 2), [[10, "c"]]);
  assert.equal(await journal.last("s"), 10);
  assert.deepEqual(await headers(journal), [["s", "h"], ["t", "g"]]);
  await write(journal, { dropped: [[1, 2]], records: [[11, "d"], [1, "again"]], header: "changed" });
  assert.deepEqual(await read(journal), [[1, "again"], [10, "c"], [11, "d"]]);
  assert.equal(await journal.header("s"), "changed");
  await write(journal, { deleted: true });
  assert.deepEqual([await read(journal), await journal.header("s"), await journal.last("s")], [[], undefined, 0]);
  assert.deepEqual(await read(journal, "t"), [[1, "x"]]);
});

test("a session that begins like another one is another one", async () => {
  const journal = open();
  const names = ["s", "s\u0000", "s ", "S", "", "ss", "\uffff", "😀"];
  await write(journal, ...names.map((session) => ({ session, records: [[1, session]], header: session })));
  await write(journal, { session: "s", deleted: true });
  for (const name of names.slice(1)) assert.deepEqual(await read(journal, name), [[1, name]]);
  assert.equal(JSON.parse(await journal.headers()).length, names.length - 1);
});

test("a transaction stores everything or nothing", async () => {
  const journal = open();
  await write(journal, { records: [[1, "a"]] });
  await fails(write(journal, { records: [[2, "b"], [1, "other"]], header: "h" }, { session: "t", records: [[1, "x"]] }), "corrupted", /number/);
  assert.deepEqual([await read(journal), await read(journal, "t"), await journal.header("s")], [[[1, "a"]], [], undefined]);
  await fails(write(journal, { records: [[2, "b"], [undefined, "no number"]] }), "corrupted"); // thrown at once
  assert.deepEqual(await read(journal), [[1, "a"]]);
});

test("a migration keeps what an older version has stored", async () => {
  const old = open();
  await write(old, { records: [[1, "a"]], header: "h" });
  const longer = [...MIGRATIONS, (database, transaction) => {
    database.createObjectStore("more");
    transaction.objectStore("records").createIndex("text", "text");
  }];
  const next = open("test", longer); // the old version is still open: it gives way
  assert.deepEqual(await read(next), [[1, "a"]]);
  assert.equal(await next.header("s"), "h");
  await fails(read(old), "future", /newer version/);
  await write(next, { records: [[2, "b"]] });
  assert.deepEqual(await read(next), [[1, "a"], [2, "b"]]);
});

test("a migration that fails changes nothing", async () => {
  const old = open();
  await write(old, { records: [[1, "a"]], header: "h" });
  const broken = [...MIGRATIONS, (database) => {
    database.deleteObjectStore("records");
    throw new Error("a defect");
  }];
  await fails(read(open("test", broken)), "unavailable");
  assert.deepEqual(await read(old), [[1, "a"]]);
});

test("a version from the future is left as it is", async () => {
  const future = open("test", [...MIGRATIONS, () => {}, () => {}]);
  await write(future, { records: [[1, "a"]] });
  await future.close();
  const journal = open();
  for (const attempt of [read(journal), write(journal, { records: [[2, "b"]] }), journal.headers()]) await fails(attempt, "future");
  assert.deepEqual(await read(open("test", [...MIGRATIONS, () => {}, () => {}])), [[1, "a"]]);
});

test("an upgrade that another tab blocks is reported, and goes on", async () => {
  const stubborn = await new Promise((resolve) => {
    const request = indexedDB.open("test", 1);
    request.onupgradeneeded = () => MIGRATIONS[0](request.result, request.transaction);
    request.onsuccess = () => resolve(request.result); // ignores versionchange
  });
  const journal = open("test", [...MIGRATIONS, () => {}]);
  await fails(write(journal, { records: [[1, "a"]] }), "blocked", /older version/);
  await fails(read(journal), "blocked");
  stubborn.close();
  for (;;) {
    const found = await read(journal).catch(() => null);
    if (found) return assert.deepEqual(found, []);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test("a connection that the browser closes is opened again", async () => {
  const opened = [];
  const original = indexedDB.open.bind(indexedDB);
  indexedDB.open = (...args) => {
    const request = original(...args);
    request.addEventListener("success", () => opened.push(request.result));
    return request;
  };
  const journal = open();
  await write(journal, { records: [[1, "a"]] });
  opened[0].close(); // without an event, as if it had just happened
  await write(journal, { records: [[2, "b"]] });
  opened[1].dispatchEvent(new FakeEvent("close"));
  assert.deepEqual(await read(journal), [[1, "a"], [2, "b"]]);
  assert.equal(opened.length, 3);
});

test("one record that cannot be read loses only its text", async (context) => {
  const journal = open();
  await write(journal, { records: [[1, "a"], [2, "b"], [3, "c"]], header: "h" }, { session: "t", header: "g" });
  const failing = (method) => (...args) => {
    const broken = method === "getAll" || args[0] < 64 || JSON.stringify(args[0]) === '["s",2]' || args[0] === "t";
    if (broken) throw new DOMException("Internal error", "UnknownError");
    return original.apply(undefined, args);
  };
  let original;
  for (const method of ["getAll", "get"]) {
    const real = IDBObjectStore.prototype[method];
    context.mock.method(IDBObjectStore.prototype, method, function (...args) {
      original = real.bind(this);
      return failing(method)(...args);
    });
  }
  assert.deepEqual(await read(journal), [[1, "a"], [2, ""], [3, "c"]]);
  assert.deepEqual(await headers(journal), [["s", "h"], ["t", ""]]);
});

/** Change what is stored, as no journal does. */
async function tamper(change) {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("test");
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = database.transaction(["records", "headers", "shelves"], "readwrite");
  change((name) => transaction.objectStore(name));
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  database.close();
}

test("what is stored by something else is not trusted", async () => {
  const journal = open();
  await write(journal, { records: [[1, "a"]], header: "h" }, { session: "t", header: "g" });
  await tamper((store) => {
    store("records").put({ session: "s", seq: 2, text: { a: 1 } });
    store("records").put({ session: "s", seq: 3 });
    store("headers").put({ id: "s", text: 5 });
  });
  assert.deepEqual(await read(journal), [[1, "a"], [2, ""], [3, ""]]);
  assert.deepEqual([await headers(journal), await journal.header("s")], [[["s", "h"], ["t", "g"]], ""]);
});

test("a damaged shelf is replaced by the headers", async () => {
  const journal = open();
  await write(journal, { header: "h" }, { session: "t", header: "g" });
  for (const rows of [undefined, 5, { s: "h" }]) {
    await tamper((store) => {
      for (let number = 0; number < 64; number++) store("shelves").put({ number, rows });
    });
    assert.deepEqual(await headers(journal), [["s", "h"], ["t", "g"]]);
    await write(journal, { header: "h" });
    assert.deepEqual(await headers(journal), [["s", "h"], ["t", "g"]]);
  }
  await tamper((store) => store("shelves").clear());
  await tamper((store) => store("shelves").put({ number: 1, rows: new Map([["s", 5], [7, "x"]]) }));
  assert.deepEqual(await headers(journal), [["7", "x"], ["s", ""]]);
});

test("a list of ten thousand sessions is one request, which reads no record and no header", async (context) => {
  const journal = open();
  await write(journal, { records: [[1, "a"]], header: "h" });
  await tamper((store) => {
    for (let number = 0; number < 64; number++) {
      const rows = Array.from({ length: 157 }, (_, row) => [`s${number * 157 + row}`, "{}"]);
      store("shelves").put({ number, rows: new Map(rows) });
    }
  });
  const requests = [];
  for (const method of ["get", "getAll", "getAllKeys", "openCursor", "openKeyCursor", "count"]) {
    const real = IDBObjectStore.prototype[method];
    context.mock.method(IDBObjectStore.prototype, method, function (...args) {
      requests.push(`${method} ${this.name}`);
      return real.apply(this, args);
    });
  }
  assert.equal((await headers(journal)).length, 64 * 157);
  assert.deepEqual(requests, ["getAll shelves"]);
});

for (const [name, cause] of [["QuotaExceededError", "quota"], ["UnknownError", "corrupted"], ["Weird", "unavailable"]]) {
  test(`a transaction that ends with ${name} is a fault of its own kind`, async (context) => {
    const journal = open();
    await write(journal, { records: [[1, "a"]] });
    const real = IDBObjectStore.prototype.add;
    context.mock.method(IDBObjectStore.prototype, "add", function (...args) {
      const request = real.apply(this, args);
      queueMicrotask(() => this.transaction._abort(name));
      return request;
    });
    await fails(write(journal, { records: [[2, "b"], [3, "c"]] }), cause);
    context.mock.restoreAll();
    assert.deepEqual(await read(journal), [[1, "a"]]);
  });
}

test("without IndexedDB, or where it is forbidden, every call says so", async () => {
  delete globalThis.indexedDB;
  await fails(read(open()), "unavailable", /no IndexedDB/);
  globalThis.indexedDB = { open: () => { throw new DOMException("denied", "SecurityError"); } };
  const journal = open();
  await fails(write(journal, { records: [[1, "a"]] }), "unavailable", /not allow/);
  globalThis.indexedDB = new IDBFactory(); // allowed meanwhile
  await write(journal, { records: [[1, "a"]] });
  assert.deepEqual(await read(journal), [[1, "a"]]);
});

test("another journal of the same database hears news, and nothing else", async () => {
  const [one, two, other] = [open(), open(), open("other")];
  const heard = [];
  let last = () => {};
  const done = new Promise((resolve) => (last = resolve));
  for (const [name, journal] of Object.entries({ one, other })) {
    journal.listen((session, news) => {
      heard.push([name, session, news]);
      if (session === "end") last();
    });
  }
  const channel = new BroadcastChannel("sparewheel test");
  for (const data of [null, 5, "text", {}, { session: 1, news: "records" }, { session: "s", news: "other" }]) channel.postMessage(data);
  channel.close();
  two.tell("s", "records");
  two.tell("s", "wanted");
  two.tell("end", "records");
  await done;
  assert.deepEqual(heard, [["one", "s", "records"], ["one", "s", "wanted"], ["one", "end", "records"]]);
});

test("without locks each journal drives its own sessions", async (context) => {
  if (globalThis.navigator?.locks) return context.skip("this Node has locks");
  const [one, two] = [open(), open()];
  assert.deepEqual([one.guarded, await one.claim("s", false), await two.claim("s", true)], [false, true, true]);
  assert.deepEqual(JSON.parse(await one.claimed()), ["s"]);
  await one.release("s");
  await one.release("s");
  assert.deepEqual(JSON.parse(await one.claimed()), []);
});
