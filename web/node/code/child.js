// Runs in Deno without any permission: the process in which a model's code runs, where a browser has the sandbox's worker.
// It checks that it is closed, takes away what the code could use against Deno, and runs the worker's script (sandbox/
// worker.js). Files, code and results come and go through stdin and stdout, as bytes after their length (4, little-endian).

const deno = /** @type {any} */ (globalThis).Deno;
const realm = /** @type {any} */ (globalThis);
const MAX_TEXT = 128 * 1024 * 1024; // bytes of one message of the parent

const send = writer(deno.stdout);
const take = reader(deno.stdin);
const exit = deno.exit.bind(deno);
const importScript = (/** @type {string} */ url) => import(url); // a name that is known only now, else Deno loads it at its start
/** @type {WeakMap<Blob, Uint8Array>} */
const bytesOf = new WeakMap();
realm.addEventListener("unhandledrejection", (/** @type {Event} */ event) => event.preventDefault()); // as in a worker

/**
 * What a process without permissions must not be able to do, tried out.
 * @returns {Promise<string>} What is open; empty if nothing is.
 */
async function whatIsOpen() {
  const self = deno.execPath();
  /** @type {Record<string, () => unknown>} */
  const attempts = {
    "files can be read": () => deno.readFileSync(self),
    "files can be written": () => deno.writeTextFileSync(`${self}.sparewheel`, "", { create: false, append: true }),
    "the network can be reached": () => deno.listen({ port: 0, hostname: "127.0.0.1" }),
    "hosts can be asked": () => deno.connect({ port: 9, hostname: "127.0.0.1" }),
    "names can be looked up": () => deno.resolveDns("sandbox.invalid", "A"),
    "the environment can be read": () => deno.env.toObject(),
    "programs can be run": () => new deno.Command(self, { args: ["--version"] }).outputSync(),
    "native libraries can be loaded": () => deno.dlopen(self, {}),
    "the system can be asked": () => deno.hostname(),
    "modules can be read from files": () => importScript(import.meta.url.replace("child.js", "none.js")),
    "modules can be loaded from hosts": () => importScript("https://sandbox.invalid/none.js"),
  };
  for (const [what, attempt] of Object.entries(attempts)) if (!(await isRefused(attempt))) return what;
  /** @type {Record<string, () => unknown>} */
  const missing = {
    "something can be stored": () => realm.localStorage.setItem("a", "b"),
    "answers can be stored": () => realm.caches.open("a"),
    "texts can become code": () => new Function("return 1"),
  };
  for (const [what, attempt] of Object.entries(missing)) if (await works(attempt)) return what;
  return "";
}

/**
 * Whether Deno has refused something because it needs a permission. Other failures would not tell that it is refused.
 * @param {() => unknown} attempt
 */
async function isRefused(attempt) {
  try {
    await attempt();
  } catch (thrown) {
    const { name, message } = /** @type {Error} */ (thrown);
    return name === "NotCapable" || /^Requires \w+ access/.test(message);
  }
  return false;
}

/** @param {() => unknown} attempt */
async function works(attempt) {
  try {
    await attempt();
    return true;
  } catch {
    return false;
  }
}

async function run() {
  const { sizes, lock, snapshot } = JSON.parse(await text());
  const part = async (/** @type {number} */ size) => blobOf(await take(size));
  const script = await part(sizes.script);
  const program = await WebAssembly.compile(await take(sizes.program));
  /** @type {Record<string, Blob>} */
  const parts = {};
  for (const [name, size] of sizes.parts) parts[name] = await part(size);
  const sideModules = [];
  for (const [path, size] of sizes.sideModules) sideModules.push({ path, module: await WebAssembly.compile(await take(size)) });
  const wheels = [];
  for (const [name, size] of sizes.wheels) wheels.push({ name, blob: await part(size) });
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  strip();
  likeAWorker();
  await importScript(url);
  const port = { onmessage: (/** @type {{data: string}} */ _) => {}, postMessage: send };
  realm.onmessage({ data: { program, sideModules, parts, lock, wheels, snapshot }, ports: [port] });
  for (;;) {
    const data = await text(); // before `onmessage` is looked up, which may change meanwhile
    port.onmessage({ data });
  }
}

async function text() {
  const size = new DataView((await take(4)).buffer).getUint32(0, true);
  if (size > MAX_TEXT) exit(1);
  return new TextDecoder().decode(await take(size));
}

/** What the code finds: the language, and what of the web Pyodide needs. Deno's own and Node's objects are not among it. */
function strip() {
  const kept = new Set(
    (
      "globalThis self Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date " +
      "Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl " +
      "ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array " +
      "Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef Proxy " +
      "Reflect FinalizationRegistry Iterator SharedArrayBuffer decodeURI decodeURIComponent encodeURI encodeURIComponent " +
      "escape unescape eval isFinite isNaN WebAssembly SuppressedError DisposableStack AsyncDisposableStack " +
      "AbortController AbortSignal Blob DOMException Event EventTarget CustomEvent ErrorEvent MessageChannel MessageEvent " +
      "MessagePort Headers Response URL URLSearchParams TextDecoder TextEncoder ReadableStream WritableStream TransformStream " +
      "CompressionStream DecompressionStream atob btoa clearInterval clearTimeout setInterval setTimeout queueMicrotask " +
      "structuredClone crypto Crypto CryptoKey SubtleCrypto performance Performance"
    ).split(" "),
  );
  for (let each = realm; each && each !== EventTarget.prototype; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (kept.has(name) || name === "constructor") continue;
      if (!Reflect.deleteProperty(each, name)) throw new Error(`${name} of Deno cannot be taken away`);
    }
  }
}

/** What a worker has, and a process of Deno has not, or not any more. */
function likeAWorker() {
  class WorkerGlobalScope {
    static [Symbol.hasInstance] = (/** @type {unknown} */ value) => value === realm;
  }
  class FileReaderSync {
    readAsArrayBuffer = (/** @type {Blob} */ blob) => /** @type {Uint8Array} */ (bytesOf.get(blob)).slice().buffer;
  }
  const nothing = () => {};
  const console = Object.fromEntries(["debug", "log", "info", "warn", "error", "trace"].map((name) => [name, nothing]));
  const location = new URL("blob:null/sandbox");
  const navigator = { userAgent: "Chrome", platform: "", language: "en", hardwareConcurrency: 1 };
  Object.assign(realm, { WorkerGlobalScope, FileReaderSync, console, location, navigator, origin: "null" });
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function blobOf(bytes) {
  const blob = new Blob([bytes]);
  bytesOf.set(blob, bytes);
  return blob;
}

/** @param {{read: (into: Uint8Array) => Promise<number | null>}} stdin Ends the process when it ends. */
function reader(stdin) {
  const read = stdin.read.bind(stdin);
  return async (/** @type {number} */ size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const more = await read(bytes.subarray(at));
      if (more === null) exit(0);
      at += more ?? 0;
    }
    return bytes;
  };
}

/** @param {{writeSync: (bytes: Uint8Array) => number}} stdout */
function writer(stdout) {
  const write = stdout.writeSync.bind(stdout);
  const encoder = new TextEncoder();
  return (/** @type {string} */ message) => {
    const body = encoder.encode(message);
    const bytes = new Uint8Array(body.length + 4);
    new DataView(bytes.buffer).setUint32(0, body.length, true);
    bytes.set(body, 4);
    for (let at = 0; at < bytes.length;) at += write(bytes.subarray(at));
  };
}

try {
  const open = await whatIsOpen();
  if (open) send(JSON.stringify({ type: "failed", message: `Deno does not confine the sandbox: ${open}`, policy: true }));
  else await run();
} catch (thrown) {
  send(JSON.stringify({ type: "failed", message: String(/** @type {any} */ (thrown)?.message ?? thrown).slice(0, 2000) }));
}
