// @ts-check
// The host of boot.js under Node: the files of dist/ are read from disk; Pyodide reads its files itself.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/**
 * @typedef {{url: string, sha256: string}} File
 */

/**
 * Large files are stored compressed.
 * @param {string} url
 */
async function read(url) {
  if (existsSync(new URL(url))) return new Uint8Array(await readFile(new URL(url)));
  return new Uint8Array(await promisify(gunzip)(await readFile(new URL(`${url}.gz`))));
}

/**
 * A folder in which Pyodide finds all of its own files, none of them compressed. It is removed when the process ends.
 * @param {string} url
 */
async function whole(url) {
  const from = fileURLToPath(url);
  const names = await readdir(from);
  const packed = names.filter((name) => name.endsWith(".gz") && !names.includes(name.slice(0, -3)));
  if (packed.length === 0) return url;
  const to = await mkdtemp(join(tmpdir(), "sparewheel-"));
  process.once("exit", () => rmSync(to, { recursive: true, force: true }));
  for (const name of names.filter((name) => !/\.(gz|br)$/.test(name))) await copyFile(join(from, name), join(to, name));
  for (const name of packed) await writeFile(join(to, name.slice(0, -3)), await read(url + name.slice(0, -3)));
  return `${pathToFileURL(to).href}/`;
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

export const nodeHost = { read, sha256, verifyPackages, whole, watchNetwork: () => network };
