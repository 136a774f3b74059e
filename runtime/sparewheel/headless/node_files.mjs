// @ts-check
// The host of boot.js under Node: the files of dist/ are read from disk; Pyodide reads its files itself.

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * @typedef {{url: string, sha256: string}} File
 */

/** @param {string} url */
const read = async (url) => new Uint8Array(await readFile(new URL(url)));

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

const network = {
  failed: /** @type {Promise<never>} */ (new Promise(() => {})),
  compile: async (/** @type {File} */ file) => WebAssembly.compile(await readIntact(file)),
  bytes: readIntact,
  readNow: (/** @type {string} */ url) => new Uint8Array(readFileSync(new URL(url))),
  script: verify,
  prefetch: verify,
  prefetchModule: verify,
  answer() {},
  stop() {},
};

export const nodeHost = { read, sha256, verifyPackages, watchNetwork: () => network };
