// The snapshot: its file format, what is put into memory, and how the start from it fails.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test, { mock } from "node:test";
import { pack } from "../../runtime/bundle/inside/pack.mjs";
import { boot } from "../../web/boot/boot.js";
import { SnapshotFault, unpack } from "../../web/boot/container.js";
import { DamagedFile } from "../../web/assets/faults.js";
import { contents, fetchLateFiles } from "../../web/boot/late.js";
import { armRestore, fill } from "../../web/boot/memory.js";
import { createModule } from "../../web/boot/side-modules.js";

const PAGE = 4096;
const ZERO_FROM = 2 * PAGE;
const PLACE = { path: "/lib/x.so", tableBase: 14336, tableEnd: 14400, heapBase: 1024, heapEnd: ZERO_FROM };
const HEAD = {
  buildId: "b1",
  heap: 6 * PAGE,
  tableLength: 14400,
  trampoline: 64,
  zeroFrom: ZERO_FROM,
  sideModules: [{ ...PLACE, handles: [7, 8] }],
  objects: { hiwireKeys: [null], immortalKeys: ["ä"] },
};

/** Memory with these bytes, each at the start of a page. */
function memoryOf(...firsts) {
  const memory = new Uint8Array(firsts.length * PAGE);
  firsts.forEach((byte, page) => (memory[page * PAGE] = byte));
  return memory;
}

const FRESH = memoryOf(1, 2, 9, 0, 9, 0);
const MEMORY = memoryOf(1, 3, 0, 4, 5, 0);
const packed = () => pack(HEAD, MEMORY, FRESH);

test("what was packed is unpacked: only the pages that a fresh process lacks", () => {
  const { head, data } = unpack(packed());
  const { runs, ...rest } = head;
  assert.deepEqual(rest, HEAD);
  assert.deepEqual(runs, [[PAGE, PAGE], [3 * PAGE, 2 * PAGE]]);
  assert.deepEqual([data.length, data[0], data[PAGE], data[2 * PAGE]], [3 * PAGE, 3, 4, 5]);
});

test("a fresh process gets the very memory that was packed", () => {
  for (const fresh of [FRESH, memoryOf(1, 2, 7, 7, 7, 7)]) {
    const memory = fresh.slice();
    const { head, data } = unpack(packed());
    fill(memory, head, data);
    assert.deepEqual(memory, MEMORY);
  }
});

for (const [what, damage, message] of [
  ["nothing", () => new Uint8Array(0), /not a snapshot/],
  ["a page instead", () => new TextEncoder().encode("<!doctype html>"), /not a snapshot/],
  ["a head that is cut off", (bytes) => bytes.slice(0, 40), /cut off in its head/],
  ["a head that is damaged", (bytes) => (bytes.fill(0, 12, 20), bytes), /head is damaged/],
  ["a page too few", (bytes) => bytes.slice(0, -PAGE), /holds 8192 bytes of memory and should hold 12288/],
  ["a byte too many", (bytes) => Uint8Array.from([...bytes, 0]), /12289/],
]) {
  test(`${what} is no snapshot`, () => assert.throws(() => unpack(damage(packed())), { constructor: SnapshotFault, message }));
}

function collectGarbage() {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** Emscripten's module, as far as restoring knows it. */
function emscripten({ buildId = "b1", tableLength = 14400, grows = true, memory = FRESH.slice() } = {}) {
  new DataView(memory.buffer).setInt32(HEAD.trampoline, 1234, true);
  return {
    API: { config: { BUILD_ID: buildId } },
    wasmTable: { length: tableLength },
    HEAPU8: memory,
    HEAP32: new Int32Array(memory.buffer),
    LDSO: { loadedLibsByHandle: {}, loadedLibsByName: { [PLACE.path]: "the library" } },
    growMemory: () => grows,
  };
}

test("restoring keeps the engine's own pointer and gives the libraries their handles", () => {
  const { head, data } = unpack(packed());
  const module = emscripten();
  armRestore(module, [PLACE], head, data);
  assert.deepEqual(module.API.restoreSnapshot(), HEAD.objects);
  assert.equal(module.API.restoreSnapshot, undefined); // as long as it is there, so are the bytes
  assert.equal(module.HEAP32[HEAD.trampoline / 4], 1234);
  assert.equal(module.HEAPU8[PAGE], 3);
  assert.deepEqual(module.LDSO.loadedLibsByHandle, { 7: "the library", 8: "the library" });
});

test("a snapshot that has been restored is held by nobody", async () => {
  const module = emscripten();
  const restored = () => {
    const { head, data } = unpack(packed());
    armRestore(module, [PLACE], head, data);
    module.API.restoreSnapshot();
    return new WeakRef(data);
  };
  const held = restored();
  await new Promise(setImmediate); // until then, a WeakRef that was just made holds what it refers to
  collectGarbage();
  assert.ok(held.deref() === undefined, "its bytes are still there");
  assert.ok(module.API);
});

for (const [what, options, places, message] of [
  ["another Pyodide", { buildId: "b2" }, [PLACE], /another Pyodide: b1, here it is b2/],
  ["another table", { tableLength: 14401 }, [PLACE], /another table: 14400, here it is 14401/],
  ["a side module elsewhere", {}, [{ ...PLACE, heapBase: 2048 }], /another \/lib\/x\.so: .*1024.* here it is .*2048/],
  ["no side module", {}, [], /undefined/],
  ["too little memory", { grows: false, memory: memoryOf(1, 2) }, [PLACE], /not enough memory/],
]) {
  test(`a snapshot does not go into ${what}`, () => {
    const { head, data } = unpack(packed());
    assert.throws(() => armRestore(emscripten(options), places, head, data), { constructor: SnapshotFault, message });
  });
}

test("a side module that does not load fails the start, though Emscripten would wait for ever", async () => {
  const creating = (table) => ({ preRun }) => {
    for (const hook of preRun) hook({ addRunDependency() {}, wasmTable: table });
    return new Promise(() => {});
  };
  const broken = [{ path: "/lib/x.so", module: Promise.reject(new Error("not WebAssembly")) }];
  await assert.rejects(createModule(creating({ length: 1, grow() {} }), { preRun: [] }, broken, 2), /not WebAssembly/);
  await assert.rejects(createModule(creating({ length: 20_000 }), { preRun: [] }, [], 2), /20000 slots already, not 2/);
});

test("the files of the archive come out as they went in", () => {
  const archive = new TextEncoder().encode('[["a/b.pyc", 3], ["empty", 0], ["c", 2]]\nabcde');
  const files = contents(archive).map(([path, content]) => [path, new TextDecoder().decode(content)]);
  assert.deepEqual(files, [["a/b.pyc", "abc"], ["empty", ""], ["c", "de"]]);
});

const snapshot = { file: "s.bin", size: 1, sha256: "", tableStart: 2, sideModules: [] };
const files = Object.fromEntries(["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"].map((name) => [`core/${name}`, name]));
const LOCK = {
  packages: { sparewheel: { name: "sparewheel", file_name: "s.whl", sha256: "", depends: [] } },
  tool: { sparewheel: { core: "core/", site: "site.bin", files, snapshot } },
};

/** Boot from a snapshot with a pyodide.mjs that does what `loadPyodide` does. */
async function bootFast(loadPyodide, network = {}) {
  const folder = await mkdtemp(join(tmpdir(), "boot-"));
  const stages = [];
  globalThis.fakePyodide = loadPyodide;
  try {
    await mkdir(join(folder, "core"));
    await writeFile(join(folder, "core/pyodide.mjs"), "export const loadPyodide = (o) => globalThis.fakePyodide(o);");
    await writeFile(join(folder, "core/pyodide.asm.mjs"), "export default async () => globalThis.fakeModule;");
    const whole = {
      failed: new Promise(() => {}),
      stop() {},
      prefetchModule: async () => {},
      script: async ({ url }) => url,
      answer() {},
      bytes: async () => packed(),
      ...network,
    };
    const host = {
      read: async () => new TextEncoder().encode(JSON.stringify(LOCK)),
      sha256: async () => "of the lock",
      watchNetwork: () => whole,
    };
    const options = { lockSha256: "of the lock" };
    const started = await boot(`${pathToFileURL(folder).href}/`, ({ stage }) => stages.push(stage), host, options);
    return { started, stages };
  } finally {
    delete globalThis.fakePyodide;
    await rm(folder, { recursive: true });
  }
}

const snapshotFailure = (message) => ({ stage: "snapshot", message });

test("a snapshot is restored, resumed, and only then the runtime imported", async () => {
  const called = [];
  const python = {
    _api: {},
    loadedPackages: {},
    pyimport: (name) => ({ resume: () => called.push("resume"), start: () => called.push(name), destroy() {} }),
  };
  const { started, stages } = await bootFast(async () => python);
  mock.timers.enable({ apis: ["setTimeout"] }); // what comes after the start is not this test's
  try {
    started(() => {});
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual(stages, ["check", "snapshot", "runtime"]);
  assert.deepEqual(called, ["resume", "sparewheel.worker"]);
  assert.deepEqual(python.loadedPackages, { sparewheel: "default channel" });
});

test("whatever goes wrong with a snapshot is a failure of its stage", async () => {
  await assert.rejects(bootFast(async () => Promise.reject(new Error("unreachable"))), snapshotFailure("unreachable"));
  const failed = Promise.reject(new Error("no module"));
  failed.catch(() => {}); // a moment passes before somebody listens
  await assert.rejects(bootFast(() => new Promise(() => {}), { failed }), snapshotFailure("no module"));
  const python = { _api: {}, loadedPackages: {} };
  python.pyimport = () => ({ destroy() {}, resume: () => assert.fail("memory access out of bounds") });
  await assert.rejects(bootFast(async () => python), snapshotFailure("memory access out of bounds"));
});

/** Boot with one damaged file; tells whether memory was restored. */
async function bootDamaged(network) {
  let restored = false;
  globalThis.fakeModule = emscripten();
  const load = async ({ createPyodideModule }) => {
    const module = await createPyodideModule({ preRun: [] });
    restored = true;
    module.API.restoreSnapshot();
  };
  const error = await bootFast(load, { bytes: async () => pack({ ...HEAD, sideModules: [] }, MEMORY, FRESH), ...network }).catch(
    (thrown) => thrown,
  );
  delete globalThis.fakeModule;
  return { restored, message: error.message, stage: error.stage, final: error.final };
}

test("nothing is restored before every file has been verified", async () => {
  const refuse = (name) => async ({ url }) => (url.endsWith(name) ? Promise.reject(new DamagedFile(url)) : url);
  for (const [network, name, final] of [
    [{ bytes: refuse("s.bin") }, "s.bin", false],
    [{ script: refuse("pyodide.mjs") }, "core/pyodide.mjs", true],
    [{ script: refuse("pyodide.asm.mjs") }, "core/pyodide.asm.mjs", true],
    [{ prefetchModule: refuse("pyodide.asm.wasm") }, "core/pyodide.asm.wasm", true],
  ]) {
    const found = await bootDamaged(network);
    assert.match(found.message, new RegExp(`${name} is not the file that pyodide-lock.json names`));
    assert.equal(found.restored, false);
    assert.deepEqual([found.stage, found.final], final ? ["pyodide", true] : ["snapshot", false]); // both starts need the core
  }
});

/** Late files on a network that answers `readNow` with these in turn; Python hashes with `sha256_of`. */
function readLate(...answers) {
  const asked = [];
  const python = {
    FS: { writeFile: () => {}, mkdirTree: () => {} },
    _api: { sitepackages: "/site" },
    pyimport: () => ({ sha256_of: (bytes) => new TextDecoder().decode(bytes), destroy() {} }),
  };
  const readNow = (url, again) => (asked.push([url, again]), new TextEncoder().encode(answers.shift()));
  const lock = { tool: { sparewheel: { core: "core/", site: "site.bin", files: { "core/python_stdlib.zip": "zip", "site.bin": "[]\n" } } } };
  const read = () => fetchLateFiles(python, "http://h/", lock, { readNow });
  return { read, asked };
}

test("late files are verified, and one that a cache has damaged is read once more", () => {
  const { read, asked } = readLate("damaged", "zip", "[]\n");
  read();
  assert.deepEqual(asked, [
    ["http://h/core/python_stdlib.zip", false],
    ["http://h/core/python_stdlib.zip", true],
    ["http://h/site.bin", false],
  ]);
  assert.throws(readLate("zip", "other", "other").read, /http:\/\/h\/site\.bin is not the file .* sha256/);
});

test("30 s without progress end a snapshot that hangs", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let called;
    const call = new Promise((resolve) => (called = resolve));
    const booting = bootFast(() => (called(), new Promise(() => {})));
    const ended = assert.rejects(booting, snapshotFailure("nothing happened for 30 s"));
    await call;
    mock.timers.tick(30_000);
    await ended;
  } finally {
    mock.timers.reset();
  }
});
