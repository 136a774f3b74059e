// node make_snapshot.mjs TABLE_START PYODIDE STDLIB SITE TARGET: starts Python with the packages in the folder SITE, runs
// `sparewheel.worker.snapshot.prepare`, and writes the snapshot of its memory to the file TARGET. STDLIB is Python's
// standard library as bytecode: compiling it here would fragment the memory.
// TABLE_START: the slot of WebAssembly's function table at which native modules start.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createModule } from "../../../web/boot/side-modules.js";
import { pack } from "./pack.mjs";

const [tableStart, ...paths] = process.argv.slice(2);
const [pyodide, stdlib, site, target] = paths.map((path) => resolve(path));
const PAGE = 4096;
const SITE_PACKAGES = "/lib/python3.14/site-packages";
// Nothing in the snapshot may depend on the machine that makes it.
const OPTIONS = {
  indexURL: pyodide,
  packageBaseUrl: pyodide,
  stdLibURL: stdlib,
  _sysExecutable: "/python",
  // PYTHONTZPATH: else `zoneinfo` asks `sysconfig` for it, whose data take half a megabyte of memory
  env: { HOME: "/home/pyodide", LANG: "en_US.UTF-8", PYTHONHASHSEED: "0", PYTHONTZPATH: "" },
};

// Pyodide checks for JSPI once, when it starts. The answer must be the same as in the engine that restores the snapshot.
const api = /** @type {any} */ (WebAssembly);
api.Suspending ??= function (/** @type {unknown} */ f) {
  return f;
};
api.promising ??= (/** @type {unknown} */ f) => f;

const load = (/** @type {string} */ name) => import(pathToFileURL(join(pyodide, name)).href);
const { loadPyodide } = await load("pyodide.mjs");
const create = (await load("pyodide.asm.mjs")).default;
const files = await readSite();
const sideModules = files
  .filter(({ path }) => path.endsWith(".so"))
  .map(({ path, content }) => ({ path, module: WebAssembly.compile(content) }));
const { python, places, tableLength } = await start();
await prepare(python);
scrub(python._module);
const memory = python._module.HEAPU8;
const head = describe(python._module);
const objects = python._api.serializeHiwireState();
await writeFile(target, pack({ ...head, objects }, memory, await freshMemory()));

/** @returns {Promise<{path: string, content: Buffer}[]>} The files of SITE with their paths in Python. */
async function readSite() {
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const read = async (/** @type {string} */ path) => ({
    path: `${SITE_PACKAGES}/${relative(site, path).replaceAll("\\", "/")}`,
    content: await readFile(path),
  });
  return Promise.all(paths.sort().map(read));
}

async function start() {
  /** @type {any} */
  let made;
  const createPyodideModule = async (/** @type {any} */ settings) => {
    made = await createModule(create, settings, sideModules, Number(tableStart));
    made.tableLength = made.module.wasmTable.length;
    return made.module;
  };
  const python = await loadPyodide({ ...OPTIONS, _makeSnapshot: true, createPyodideModule });
  return { python, places: made.places, tableLength: made.tableLength };
}

/** @param {any} python */
async function prepare(python) {
  for (const { path, content } of files) {
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    // A side module is loaded already; only the file name is needed.
    python.FS.writeFile(path, path.endsWith(".so") ? "" : content);
  }
  const module = python.pyimport("sparewheel.worker.snapshot");
  const done = module.prepare();
  await done;
  done.destroy();
  module.tidy();
  module.destroy();
}

/**
 * Overwrite freed memory: it would be stored, and its content differs between runs.
 * @param {any} module Emscripten's.
 */
function scrub(module) {
  const memory = module.HEAPU8;
  const top = memory.findLastIndex((/** @type {number} */ byte) => byte !== 0);
  /** @type {number[]} */
  const taken = [];
  for (let size = 1 << 16; size >= 16; size = size > 64 ? size / 2 : size - 8) {
    for (;;) {
      const address = module._malloc(size);
      taken.push(address);
      if (address + size > top) break;
      memory.fill(0, address, address + size);
    }
  }
  taken.forEach((address) => module._free(address));
}

/**
 * @param {any} module Emscripten's.
 * @returns {Omit<import("../../../web/boot/container.js").Head, "objects" | "runs">}
 */
function describe(module) {
  // Functions that were added to the table since then could not be added again at the restore.
  if (module.wasmTable.length !== tableLength) throw new Error("the table of functions has grown");
  const handles = (/** @type {string} */ path) =>
    Object.entries(module.LDSO.loadedLibsByHandle)
      .filter(([, library]) => library.name === path)
      .map(([handle]) => Number(handle));
  return {
    buildId: module.API.config.BUILD_ID,
    heap: memory.length,
    tableLength,
    trampoline: module.__PyRuntime + module.HEAP32[module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET >> 2],
    zeroFrom: Math.ceil(Math.max(...places.map((/** @type {any} */ place) => place.heapEnd)) / PAGE) * PAGE,
    sideModules: places.map((/** @type {any} */ place) => ({ ...place, handles: handles(place.path) })),
  };
}

/** The memory of a process that is about to restore a snapshot. */
async function freshMemory() {
  class Enough extends Error {}
  /** @type {Uint8Array | undefined} */
  let memory;
  const createPyodideModule = async (/** @type {any} */ settings) => {
    memory = (await createModule(create, settings, sideModules, Number(tableStart))).module.HEAPU8.slice();
    throw new Enough();
  };
  await loadPyodide({ ...OPTIONS, _loadSnapshot: new Uint8Array(16), createPyodideModule }).catch(
    (/** @type {unknown} */ thrown) => {
      if (!(thrown instanceof Enough)) throw thrown;
    },
  );
  return /** @type {Uint8Array} */ (memory);
}
process.exit(0); // a timer of the turn that was run may still be pending
