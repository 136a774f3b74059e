// The conversations of the page, without a page: the list, the search, what is kept, and stored turns as events.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Digests } from "../../web/app/chats/digests.js";
import { Drafts, Kept } from "../../web/app/chats/kept.js";
import { modelsLine, shownRows, withInterrupted } from "../../web/app/chats/rows.js";
import { match, searchable } from "../../web/app/chats/search.js";
import { openShelf } from "../../web/app/chats/shelf.js";
import { shownOf, storedChat } from "../../web/app/chats/stored-turns.js";
import { fileName, load } from "../../web/app/chats/transfer.js";
import { Trash, UNDO_MS } from "../../web/app/chats/trash.js";
import { fold } from "../../web/fold.js";
import { settle } from "./started.mjs";

const row = (id, more = {}) => {
  return { id, title: id, agent: "root", created: "", updated: "1", turns: 1, state: "idle", ...more };
};
const text = (content) => ({ type: "text", text: content });
const said = (content) => ({ role: "user", parts: [text(content)] });
const answered = (content, ...more) => ({ role: "assistant", model: "a/one", parts: [text(content), ...more] });
const CALL = { type: "tool_call", id: "c1", name: "look", arguments: '{"q":1}' };
const turn = (messages, more = {}) => {
  return { type: "end", turn: "t1", agent: "root", outcome: "finished", reason: "stop", model: "a/two", messages, ...more };
};
const documentOf = (...records) => ({ format: "sparewheel.session", records });

/** What localStorage is to a page. */
class Storage {
  items = new Map();
  getItem = (name) => this.items.get(name) ?? null;
  setItem = (name, value) => void this.items.set(name, value);
  removeItem = (name) => void this.items.delete(name);
}

test("a list shows each conversation with its title, its models and its state", () => {
  const rows = [row("a"), row("b", { title: "", state: "interrupted" }), row("c"), row("d", { title: "", turns: 0 })];
  const modelsOf = (id) => (id === "a" ? ["x/claude-4", "y/gpt-5"] : []);
  const shown = shownRows(rows, { hidden: new Set(["c"]), modelsOf });
  assert.deepEqual(shown.map(({ id, title, models, state }) => [id, title, models, state]), [
    ["a", "a", "claude → gpt", "idle"],
    ["b", "Untitled", "", "interrupted"],
  ]);
});

test("a turn that is stored as running and does not run here was interrupted", () => {
  const rows = [row("a", { state: "running" }), row("b", { state: "running" }), row("c", { state: "open_elsewhere" }), row("d")];
  const states = withInterrupted(rows, new Map([["a", null]])).map(({ state }) => state);
  assert.deepEqual(states, ["running", "interrupted", "open_elsewhere", "idle"]);
});

test("until it has a title, a conversation has that of its first prompt, and is listed by what is stored", () => {
  const rows = [row("a", { title: "", state: "running" }), row("b"), row("c", { title: "", turns: 0 })];
  const shown = shownRows(rows, { hidden: new Set(), modelsOf: () => [], askedIn: () => "About tea" });
  assert.deepEqual(
    shown.map(({ id, title }) => [id, title]),
    [
      ["a", "About tea"],
      ["b", "b"],
    ],
  );
});

test("models have short names that differ", () => {
  assert.equal(modelsLine([]), "");
  assert.equal(modelsLine(["openai/gpt-5.4-mini"]), "gpt-5.4-mini");
  assert.equal(modelsLine(["openai/gpt-5", "openai/gpt-4"]), "gpt-5 → gpt-4");
  assert.equal(modelsLine(["a/1", "b/2", "c/3", "d/4", "e/5"]), "1 → 2 → 3 → … → 5");
});

test("a search finds all words, in titles and texts, without case and accents", () => {
  const [title, body] = [searchable("Reise nach Gent"), searchable(`${"x ".repeat(40)}Café\nÉlysée ${"y ".repeat(80)}`)];
  assert.equal(match("gent cafe", title, body)?.snippet, `…${"x ".repeat(12)}Café Élysée ${"y ".repeat(24)}`.trimEnd() + "…");
  assert.deepEqual(match("REISE", title, body), { snippet: "" });
  assert.equal(match("gent london", title, body), null);
  assert.deepEqual(match("  ", title, body), { snippet: "" });
  assert.ok(match("한국", searchable("한국어"), searchable("")));
});

test("a stored turn folds to its messages", () => {
  const messages = [
    said("Why?"),
    answered("First", { type: "reasoning", text: "Hm" }, CALL),
    { role: "tool", tool_call_id: "c1", parts: [text("found")] },
    { ...answered("Second"), model: "a/two" },
  ];
  const { yaml, turns, models } = storedChat(
    documentOf({ type: "session", key: "file", value: "agents: {}" }, turn(messages)),
  );
  assert.deepEqual([yaml, models], ["agents: {}", ["a/one", "a/two"]]);
  const [{ events, prompt, outcome }] = turns;
  assert.deepEqual([prompt, outcome], ["Why?", "finished"]);
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, place) => place + 1));
  const folded = fold(events);
  assert.deepEqual([folded.text, folded.model, folded.status, folded.step], ["Second", "a/two", "finished", 2]);
  const first = fold(events.slice(0, events.findIndex(({ type }) => type === "step")));
  assert.deepEqual([first.text, first.reasoning, first.toolCalls[0].arguments], ["First", "Hm", '{"q":1}']);
  assert.equal(events.find(({ type }) => type === "tool_result").output, "found");
});

test("an interrupted turn has no end, and what is finished of it is known", () => {
  const partial = { role: "assistant", parts: [text("One tw")] };
  const stopped = { role: "tool", tool_call_id: "c1", parts: [text("Not executed to the end: the turn was interrupted")] };
  const cut = storedChat(documentOf(turn([said("Go"), partial], { outcome: "interrupted" }))).turns[0];
  assert.equal(fold(cut.events).status, "running");
  assert.equal(fold(cut.events).text, "One tw");
  assert.equal(cut.isUnfinished, true);
  const later = storedChat(documentOf(turn([said("Go"), answered("A", CALL), stopped, partial], { outcome: "interrupted" }))).turns[0];
  const shown = shownOf(later, 0).map(({ event }) => event);
  assert.deepEqual([fold(shown).text, shown.find(({ type }) => type === "delta").content], ["One tw", "A"]);
  assert.ok(!shown.some(({ type }) => type === "tool_result"));
});

test("other outcomes have an end of their kind", () => {
  for (const [outcome, type] of [["failed", "error"], ["aborted", "aborted"], ["abandoned", "aborted"], ["??", "finish"]]) {
    const [{ events }] = storedChat(documentOf(turn([said("a"), answered("b")], { outcome }))).turns;
    assert.equal(events.at(-1).type, type);
    assert.equal(fold(events).text, "b");
  }
});

test("a history that a session began with is several turns", () => {
  const messages = [{ role: "system", parts: [text("Be brief")] }, said("a"), answered("b"), said("c"), said("d"), answered("e")];
  const { turns } = storedChat(documentOf(turn(messages)));
  assert.deepEqual(turns.map(({ prompt, events }) => [prompt, fold(events).text]), [["a", "b"], ["c\n\nd", "e"]]);
  assert.equal(new Set(turns.map(({ id }) => id)).size, 2);
});

test("media and pictures of stored messages", () => {
  const media = [
    { type: "media", mime_type: "image/png", data: btoa("abc") },
    { type: "media", mime_type: "image/png", data: "***" },
    { type: "media", mime_type: "audio/wav", url: "https://a.test/x" },
  ];
  const prompt = { role: "user", parts: [text("Look"), { type: "image", url: "data:image/png;base64,AA==" }] };
  const [{ events, prompt: asked }] = storedChat(documentOf(turn([prompt, answered("x", ...media)]))).turns;
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } };
  assert.deepEqual(asked.filter(({ type }) => type === "image_url"), [picture]);
  const shown = events.filter(({ type }) => type === "media");
  assert.deepEqual(shown.map(({ blob, url, size }) => [blob?.size, url, size]), [[3, undefined, 3], [undefined, "https://a.test/x", null]]);
});

test("documents of any shape are no error", () => {
  const odd = [null, 1, "x", [], {}, { records: 7 }, documentOf(null, 3, [], {}, { type: "end" }, { type: "end", messages: {} })];
  const records = [turn([null, 7, { role: "x" }, { role: "assistant", parts: "no" }, { role: "tool", parts: [null] }, said(3)])];
  for (const document of [...odd, documentOf(...records)]) {
    for (const { events } of storedChat(document).turns) fold(events);
  }
});

test("what is deleted can be put back until its time is over", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const erased = [];
  const kept = new Kept(new Storage());
  const parts = {
    erase: async (id) => void erased.push(id),
    kept: { get: () => kept.get("deleted"), set: (entries) => kept.set("deleted", entries) },
    onChange: () => {},
  };
  const trash = new Trash(parts);
  trash.put({ id: "a", title: "A" });
  trash.put({ id: "b", title: "B" });
  assert.deepEqual([[...trash.ids], trash.last.id], [["a", "b"], "b"]);
  trash.undo("a");
  context.mock.timers.tick(UNDO_MS - 1);
  assert.deepEqual(erased, []);
  const next = new Trash(parts); // another page
  next.finish();
  assert.deepEqual([[...next.ids], next.last], [["b"], null]);
  trash.undo("b");
  context.mock.timers.tick(UNDO_MS);
  assert.deepEqual(erased, []);
  trash.put({ id: "c", title: "C" });
  trash.leave();
  assert.deepEqual(erased, ["c"]);
  const last = new Trash(parts);
  last.finish();
  context.mock.timers.tick(UNDO_MS);
  assert.deepEqual(erased.slice(0, 2), ["c", "c"]);
});

test("what the browser keeps may be anything, and may not be kept", () => {
  const storage = new Storage();
  for (const stored of ["{", "7", "null", '[["a"]]', '[["a",{"prompt":7}],7,[7,{}]]', "x".repeat(600_000)]) {
    storage.setItem("sparewheel.drafts", stored);
    assert.deepEqual(new Drafts(new Kept(storage)).of("a"), {});
  }
  const full = { ...storage, getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("full"); } };
  for (const some of [full, null]) {
    const drafts = new Drafts(new Kept(some));
    drafts.set("a", { prompt: "Hal" });
    drafts.set("a", { yaml: "agents:" });
    assert.deepEqual(drafts.of("a"), { prompt: "Hal", yaml: "agents:" });
  }
});

test("drafts are few and small", () => {
  const storage = new Storage();
  const drafts = new Drafts(new Kept(storage));
  for (let at = 0; at < 40; at++) drafts.set(`c${at}`, { prompt: "x".repeat(30_000) });
  assert.deepEqual([drafts.of("c0"), drafts.of("c39").prompt.length], [{}, 30_000]);
  assert.ok(storage.getItem("sparewheel.drafts").length <= 500_000);
  drafts.set("c39", { prompt: "" });
  assert.deepEqual(new Drafts(new Kept(storage)).of("c39"), {});
});

const shelfOf = (stored = []) => {
  const shelf = { put: mock.fn(), remove: mock.fn(), all: async () => stored };
  return shelf;
};

test("a conversation is read once after each change of it", async () => {
  const read = mock.fn(async (id) => documentOf(turn([said(`Prompt of ${id}`), answered("Answer")])));
  const shelf = shelfOf([{ id: "a", updated: "1", models: ["m"], text: "kept" }, { id: "gone", updated: "1", models: [], text: "" }]);
  const digests = new Digests(read, shelf, () => {});
  await digests.sync([row("a"), row("b")]);
  assert.deepEqual(shelf.remove.mock.calls[0].arguments, [["gone"]]);
  assert.deepEqual([digests.modelsOf("a"), digests.textOf("a").raw, digests.missing], [["m"], "kept", 1]);
  digests.pause(true);
  digests.wantAll();
  await settle();
  assert.equal(read.mock.callCount(), 0);
  digests.pause(false);
  await settle();
  digests.wantAll();
  await settle();
  assert.deepEqual(read.mock.calls.map(({ arguments: [id] }) => id), ["b"]);
  assert.equal(digests.textOf("b").raw, "Prompt of b\nAnswer");
  await digests.sync([row("b", { updated: "2" })]);
  digests.want(["b"]);
  await settle();
  assert.equal(read.mock.callCount(), 2);
});

test("a conversation that cannot be read is not read again and again", async () => {
  const read = mock.fn(async () => Promise.reject(new Error("gone")));
  const digests = new Digests(read, shelfOf(), () => {});
  await digests.sync([row("a")]);
  digests.wantAll();
  await settle();
  digests.wantAll();
  await settle();
  assert.deepEqual([read.mock.callCount(), digests.missing], [1, 0]);
});

test("digests last as long as the page where there is no database", async () => {
  const shelf = openShelf("x"); // Node has no IndexedDB
  shelf.put({ id: "a", updated: "", models: [], text: "" });
  shelf.remove(["a"]);
  assert.deepEqual(await shelf.all(), []);
});

test("a title becomes the name of a file", () => {
  assert.equal(fileName('../a\\b: "c"?\u202Etxt.exe\n'), "a b c txt exe");
  assert.equal(fileName("..."), "conversation");
  assert.equal([...fileName("𝒳".repeat(100))].length, 60);
});

test("a file that is too large is not read", async () => {
  const runtime = { sessions: { import: async (document) => document } };
  await assert.rejects(load(runtime, { size: 60_000_000, text: () => assert.fail() }), /larger than 50 MB/);
  await assert.rejects(load(runtime, { size: 1, text: async () => Promise.reject(new Error("NotReadable")) }), /cannot read/);
  assert.equal(await load(runtime, { size: 1, text: async () => "{}" }), "{}");
});
