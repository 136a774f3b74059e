// @ts-check
// The host of boot.js under Node: the files of dist/ are read from disk; Pyodide reads its files itself.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** @param {string} url */
const read = async (url) => new Uint8Array(await readFile(new URL(url)));

/** @param {{url: string, sha256: string}} file */
async function bytes({ url, sha256 }) {
  const content = await read(url);
  if (createHash("sha256").update(content).digest("hex") !== sha256) throw new Error(`${url} is damaged`);
  return { bytes: content, verified: Promise.resolve() };
}

const network = {
  failed: /** @type {Promise<never>} */ (new Promise(() => {})),
  compile: async (/** @type {string} */ url) => WebAssembly.compile(await read(url)),
  bytes,
  read,
  readNow: (/** @type {string} */ url) => new Uint8Array(readFileSync(new URL(url))),
  prefetch() {},
  prefetchModule() {},
  answer() {},
  stop() {},
};

export const nodeHost = {
  readText: (/** @type {string} */ url) => readFile(new URL(url), "utf8"),
  watchNetwork: () => network,
};
