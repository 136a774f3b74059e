// What runs in the sandbox's worker, after Pyodide's scripts (client/code/classic.js joins them): starts Python and the
// harness (runtime/sparewheel/sandboxed). The origin is opaque, and the policy is the frame's, so neither this nor the
// Python in it can load or send anything. All it has came in one message: files as Blobs, and the port to the page.

import { contents } from "../boot/late.js";
import { log } from "../boot/pyodide.js";
import { revive } from "../boot/revive.js";
import { missingIn } from "./confined.js";
import { interruptsOf } from "./interrupts.js";

/** @typedef {import("./messages.js").ToWorker} ToWorker */

const BASE = "https://sandbox.invalid/"; // Pyodide wants an address; nothing is ever fetched
const WHEELS = "/tmp/wheels/"; // as in client/code/python.js
const MAX_TEXT = 48 * 1024 * 1024; // characters of a message to the page, which refuses long before that

const { createPyodideModule, loadPyodide } = /** @type {any} */ (self).sparewheelScripts;
delete (/** @type {any} */ (self).sparewheelScripts);

self.onmessage = ({ data, ports: [port] }) => {
  self.onmessage = null;
  void begin(data, /** @type {MessagePort} */ (port));
};

/**
 * @param {ToWorker} given
 * @param {MessagePort} port
 */
async function begin(given, port) {
  const post = port.postMessage.bind(port);
  const tell = (/** @type {object} */ message) => post(JSON.stringify(message));
  try {
    const missing = missingIn(/** @type {any} */ (self));
    if (missing) return tell({ type: "failed", message: missing, policy: true });
    // Pyodide looks for it to find out what this thread is, and the attempt would be refused once more.
    Object.assign(self, { importScripts: undefined });
    const python = await (given.snapshot ? startFast(given) : startPlain(given));
    python._api.on_fatal = (/** @type {unknown} */ error) => void setTimeout(() => raise(error));
    for (const { name, blob } of given.wheels) place(python, WHEELS + name, read(blob));
    const receive = harness(python, (/** @type {string} */ text) => {
      if (typeof text !== "string" || text.length > MAX_TEXT) throw new TypeError("the message is too long");
      post(text);
    });
    port.onmessage = ({ data }) => (data === "ping" ? post("pong") : receive(data));
  } catch (thrown) {
    tell({ type: "failed", message: String(/** @type {any} */ (thrown)?.message ?? thrown).slice(0, 2000) });
  }
}

/** @param {unknown} error */
function raise(error) {
  throw error;
}

/**
 * @param {any} python
 * @param {(text: string) => void} send
 * @returns {(text: string) => void}
 */
function harness(python, send) {
  const module = python.pyimport("sparewheel.sandboxed");
  try {
    return module.start.callKwargs(send, { limit: interruptsOf(python) });
  } finally {
    module.destroy();
  }
}

/** @param {ToWorker} given */
async function startFast({ program, sideModules, parts, lock }) {
  const { core, snapshot } = lock.tool.sparewheel;
  answerFor(program, new Response(""));
  const sides = sideModules.map(({ path, module }) => ({ path, module: Promise.resolve(module) }));
  const memory = part(parts, snapshot.file)
    .arrayBuffer()
    .then((buffer) => new Uint8Array(buffer));
  const readNow = (/** @type {string} */ url) => read(part(parts, url.slice(BASE.length)));
  const given = {
    factory: async () => createPyodideModule,
    sideModules: sides,
    memory,
    lock,
    indexURL: BASE,
    network: { readNow },
  };
  const python = await revive(loadPyodide, given, { indexURL: BASE + core, packageBaseUrl: BASE });
  refuseToFetch();
  return python;
}

/**
 * Where the snapshot cannot be restored. It takes several times as long.
 * @param {ToWorker} given
 */
async function startPlain({ program, parts, lock }) {
  const { core, site, snapshot } = lock.tool.sparewheel;
  answerFor(program, new Response(part(parts, `${core}python_stdlib.zip`)));
  const folders = { indexURL: BASE + core, packageBaseUrl: BASE };
  const python = await loadPyodide({ ...folders, lockFileContents: lock, stdout: log, stderr: log, createPyodideModule });
  refuseToFetch();
  const folder = python._api.sitepackages;
  for (const [path, content] of contents(read(part(parts, site)))) place(python, `${folder}/${path}`, content);
  for (const { path, file } of snapshot.sideModules) place(python, path, read(part(parts, file)));
  return python;
}

/**
 * Stand in for the network while Pyodide loads: it asks for its module and for its standard library.
 * @param {WebAssembly.Module} program
 * @param {Response} library
 */
function answerFor(program, library) {
  self.fetch = async (url) => (String(url).endsWith(".zip") ? library : new Response(""));
  WebAssembly.instantiateStreaming = async (_, imports) => ({
    module: program,
    instance: await WebAssembly.instantiate(program, imports),
  });
}

/** The browser's own refuses as well; in WebKit, its answer to Python was seen never to come. */
function refuseToFetch() {
  self.fetch = () => Promise.reject(new TypeError("there is no network in the sandbox"));
}

/**
 * @param {Record<string, Blob>} parts
 * @param {string} name
 */
function part(parts, name) {
  const blob = Object.hasOwn(parts, name) ? parts[name] : undefined;
  if (!blob) throw new Error(`the sandbox was not given ${name}`);
  return blob;
}

/**
 * At once, as an import needs it.
 * @param {Blob} blob
 */
function read(blob) {
  return new Uint8Array(new FileReaderSync().readAsArrayBuffer(blob));
}

/**
 * @param {any} python
 * @param {string} path
 * @param {Uint8Array} content
 */
function place({ FS }, path, content) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, content);
}
