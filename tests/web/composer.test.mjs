// What of the composer needs no page: files, the queue, commands, faults.

import assert from "node:assert/strict";
import test from "node:test";

import { Attachments, filesOf, kindOf } from "../../web/app/composer/attachments.js";
import { commandsFor } from "../../web/app/composer/commands.js";
import { shownName, sizeText } from "../../web/app/composer/names.js";
import { MAX_WAITING, Queue } from "../../web/app/composer/queue.js";
import { promptLimits } from "../../web/sparewheel.js";

const bytes = (...parts) => new Blob(parts.map((part) => (typeof part === "string" ? part : new Uint8Array(part))));
const PNG = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];

test("the kind of a file is read from its bytes", async () => {
  for (const [kind, ...parts] of [
    ["picture", PNG, "x"],
    ["picture", [0xff, 0xd8, 0xff, 0]],
    ["picture", "GIF89a"],
    ["picture", "RIFF", [1, 2, 3, 4], "WEBPVP8 "],
    ["document", "%PDF-1.7"],
    ["text", "a,b\n1,2"],
    ["text", "h\u00e4\u4f60".repeat(20_000)], // cut in the middle of a character
    ["text", "<svg/>"],
    [null, "PK", [3, 4, 0xff]],
    [null, "x", [0]],
    [null, [0x68, 0xe4]],
    [null, "ftypheic", [0, 0, 0, 1]],
    [null, "RIFF", [1, 2, 3, 4], "WAVEfmt ", [0]],
  ]) {
    assert.equal(await kindOf(bytes(...parts)), kind, JSON.stringify(parts));
  }
});

test("what cannot be sent is said at once, by name, and nothing of it is kept", async () => {
  let changes = 0;
  const files = new Attachments(() => (changes += 1));
  const add = async (content, name) => {
    await files.add([new File([content], name)]);
    return files.problem;
  };
  const large = (size, name) => Object.defineProperty(new File(["x"], name), "size", { value: size });
  assert.equal(await add("hello", "a.txt"), "");
  assert.match(await add(new Uint8Array([0]), "b.bin"), /^b\.bin cannot be sent\. Pictures/);
  assert.match(await add("", "folder"), /is empty, or is a folder/);
  await files.add([large(9e6, "film.mp4")]);
  assert.match(files.problem, /^film\.mp4 is too large \(9\.0 MB\): all files together may have 8 MB\.$/);
  await files.add([large(promptLimits.bytes - 2, "c.txt")]);
  assert.match(files.problem, /^c\.txt is too much/);
  await files.add([large(2e6, "d.txt")]);
  assert.match(files.problem, /^d\.txt is too large .* a text may have 1 MB/);
  await files.add([
    Object.defineProperty(new File(["x"], "gone.txt"), "slice", {
      value: () => ({ arrayBuffer: async () => assert.fail() }),
    }),
  ]);
  assert.equal(files.problem, "gone.txt cannot be read.");
  assert.deepEqual(
    files.items.map(({ name, kind }) => [name, kind]),
    [["a.txt", "text"]],
  );
  await files.add(Array.from({ length: 6 }, (_, index) => new File([], `${index}`)));
  assert.match(files.problem, /And 3 more\.$/);
  await files.add(Array.from({ length: 40 }, (_, index) => new File(["x"], `${index}.txt`)));
  assert.equal(files.items.length, promptLimits.parts - 1);
  assert.match(files.problem, /At most 31 files/);
  files.remove(files.items[0]);
  assert.deepEqual([files.items.length, files.problem, changes], [promptLimits.parts - 2, "", 10]);
});

test("a prompt takes its files along, the text last", async () => {
  const files = new Attachments(() => {});
  assert.equal(files.take("hi"), "hi");
  const file = new File(["x"], "a.txt");
  await files.add([file]);
  assert.deepEqual(files.take("hi"), [
    { type: "file", file },
    { type: "text", text: "hi" },
  ]);
  assert.deepEqual(files.items, []);
  await files.add([file]);
  assert.deepEqual(files.take(" \n"), [{ type: "file", file }]);
});

test("names are shown so that nothing in them is hidden", () => {
  assert.equal(shownName("../../etc/passwd"), "passwd");
  assert.equal(shownName("evil\u202egpj.exe"), "evil\\u202egpj.exe");
  assert.equal(shownName("<img src=x onerror=alert(1)>.png"), "<img src=x onerror=alert(1)>.png");
  assert.equal(shownName(`${"x".repeat(300)}.tar.gz`).length, 60);
  assert.deepEqual([sizeText(999), sizeText(1500), sizeText(2_340_000)], ["999 B", "2 kB", "2.3 MB"]);
});

test("the files of a prompt that was sent can be sent again", async () => {
  const file = new File(["x"], "a.txt");
  const shapes = [
    { name: "b.png", mime_type: "image/png", data: btoa("AB") },
    { name: "c.md", text: "# c" },
    { name: "gone.pdf" },
  ];
  const parts = [file, ...shapes].map((each) => ({ type: "file", file: each }));
  const files = filesOf([...parts, { type: "text", text: "t" }, { type: "image_url", image_url: { url: "data:," } }]);
  assert.deepEqual(await Promise.all(files.map(async (each) => [each.name, each.type, await each.text()])), [
    ["a.txt", "", "x"],
    ["b.png", "image/png", "AB"],
    ["c.md", "", "# c"],
  ]);
  assert.deepEqual(filesOf("hi"), []);
});

test("commands are found by what is typed after a slash", () => {
  const commands = {
    weekend: { instruction: "Plan a weekend." },
    week: { description: "A whole week", instruction: "Plan a week." },
    map: { url: "https://maps.test/" },
    bad: { url: "javascript:alert(1)", instruction: "" },
    both: { url: "javascript:alert(1)", instruction: "Hello, weekend" },
    empty: {},
  };
  const found = (text) => commandsFor(text, commands)?.map(({ name }) => name) ?? null;
  assert.deepEqual(found("/"), ["weekend", "week", "map", "both"]);
  assert.deepEqual(found("/WEEK"), ["weekend", "week", "both"]);
  assert.deepEqual(found("/none"), []);
  for (const text of ["", "week", " /week", "/week end", "a /week", "/week\n"]) assert.equal(found(text), null, text);
  const [map, both] = [commandsFor("/map", commands)[0], commandsFor("/both", commands)[0]];
  assert.deepEqual([map.prompt, map.url, both.prompt, both.url], ["", "https://maps.test/", "Hello, weekend", ""]);
});

test("prompts of servers are commands after those of the agent file", () => {
  const prompt = (server, name, description = "") => ({ server, name, description, arguments: [] });
  const prompts = [prompt("docs", "review", "Reviews a text"), prompt("other", "review"), prompt("docs", "week")];
  const found = (text) => commandsFor(text, { week: { instruction: "Plan it" } }, prompts).map(({ name }) => name);
  assert.deepEqual(found("/"), ["week", "docs:review", "other:review", "docs:week"]);
  assert.deepEqual(found("/week"), ["week", "docs:week"]);
  assert.deepEqual(found("/docs:r"), ["docs:review"]);
  assert.deepEqual(found("/text"), ["docs:review"]);
  const [first, second] = commandsFor("/review", {}, prompts);
  assert.deepEqual([first.of, first.about, second.about], [prompts[0], "Reviews a text", "Prompt of other"]);
});

test("prompts wait by conversation, in order, and not too many", () => {
  const queue = new Queue();
  const [here, there] = [{}, {}];
  const waiting = Array.from({ length: MAX_WAITING }, (_, index) => ({ prompt: String(index), options: {} }));
  assert.ok(waiting.every((each) => queue.add(here, each)));
  assert.equal(queue.add(here, waiting[0]), false);
  assert.deepEqual([queue.of(there), queue.take(there)], [[], undefined]);
  assert.equal(queue.take(here, waiting[3]), waiting[3]);
  assert.equal(queue.take(here), waiting[0]);
  assert.deepEqual(
    queue.of(here).map(({ prompt }) => prompt),
    ["1", "2", "4", "5", "6", "7", "8", "9"],
  );
});
