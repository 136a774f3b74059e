// The host of boot.js under Node, Deno and Bun: the files of dist/ are read from disk; Pyodide reads its files itself.

import { existsSync, readFileSync } from "node:fs";
import fs from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/**
 * @typedef {{url: string, sha256: string}} File
 */

const { readFile } = fs;

/**
 * Large files are stored compressed.
 * @param {string} url
 */
async function read(url) {
  const [plain, packed] = [new URL(url), new URL(`${url}.gz`)];
  if (existsSync(plain)) return new Uint8Array(await readFile(plain));
  if (existsSync(packed)) return new Uint8Array(await promisify(gunzip)(await readFile(packed)));
  throw Object.assign(new Error(`${url} is not there`), { hint: "Copy the whole of dist/ again, or name its folder." });
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
const sha256 = async (bytes) => Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");

/** @param {File} file */
async function readIntact(file) {
  const bytes = await read(file.url);
  if ((await sha256(bytes)) === file.sha256) return bytes;
  const fault = new Error(`${file.url} is not the file that pyodide-lock.json names: its sha256 is another`);
  throw Object.assign(fault, {
    code: "DAMAGED",
    hint: "Run `python3 build.py build`, or copy the whole of dist/ again.",
  });
}

/**
 * Pyodide reads these itself, once they are known to be intact.
 * @param {File} file
 */
const verify = async (file) => void (await readIntact(file));

/**
 * Packages that Pyodide may load later, and does not verify under Node. One that is missing may not be needed.
 * @param {File[]} files
 */
async function verifyPackages(files) {
  const verified = await Promise.allSettled(files.map(verify));
  for (const one of verified) if (one.status === "rejected" && one.reason.code === "DAMAGED") throw one.reason;
}

/** Read Pyodide's files for it while it loads, as its program may be stored compressed (runtime/bundle/core.py). */
function watchNetwork() {
  /** @type {Map<string, Promise<Uint8Array>>} What has been read before Pyodide asks, by path. */
  const ready = new Map();
  const own = async (/** @type {any} */ path, /** @type {any} */ ...options) => {
    const name = String(path);
    const bytes = ready.get(name);
    ready.delete(name);
    return bytes ?? (name.endsWith(".wasm") ? read(pathToFileURL(name).href) : readFile(path, ...options));
  };
  Object.assign(globalThis, { sparewheelFiles: { ...fs, readFile: own } });
  return {
    failed: /** @type {Promise<never>} */ (new Promise(() => {})),
    compile: async (/** @type {File} */ file) => WebAssembly.compile(await readIntact(file)),
    bytes: readIntact,
    readNow: (/** @type {string} */ url) => new Uint8Array(readFileSync(new URL(url))),
    script: (/** @type {File} */ file) => verify(file).then(() => file.url),
    prefetch: verify,
    async prefetchModule(/** @type {File} */ file) {
      const bytes = readIntact(file);
      ready.set(fileURLToPath(file.url), bytes);
      await bytes;
    },
    answer() {},
    stop: () => ready.clear(),
  };
}

export const nodeHost = { read, sha256, verifyPackages, watchNetwork };
