// Where code runs outside of browsers: in processes of Deno without permissions, one for each run. Without Deno, nowhere.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { Unavailable } from "../../client/code/sandbox.js";
import { ENVIRONMENT } from "./process.js";
import { Processes } from "./processes.js";

const LEAST = [2, 9]; // of Deno: permissions of older ones were not tried out
const INSTALL =
  "code that a model writes runs here only in Deno 2.9 or newer: pip install sparewheel[code], npm install deno, or put deno " +
  "on the PATH";
const ASK = "console.log(JSON.stringify([Deno.execPath(), Deno.version.deno]))";
const ASK_MS = 20_000;

export const place = {
  /** @returns {Promise<string>} Why there is no sandbox here; empty if there is one. */
  missing: () =>
    found().then(
      () => "",
      (/** @type {Error} */ error) => error.message,
    ),
  fetch: fetchFile,
  /** @param {import("../../sandbox/messages.js").Files} files */
  open: async (files) => new Processes(await found(), files),
};

/** @type {Promise<string> | null} */
let finding = null;

/** @returns {Promise<string>} The path of Deno. Rejects with `Unavailable`. */
function found() {
  finding ??= find();
  finding.catch(() => (finding = null)); // it may be installed meanwhile
  return finding;
}

async function find() {
  if (process.platform === "win32") throw new Unavailable("outside of browsers it is there on Linux and macOS only");
  let reason = "";
  for (const [program, ...args] of candidates()) {
    try {
      const run = promisify(execFile);
      const options = { env: { ...process.env, ...ENVIRONMENT }, timeout: ASK_MS };
      const { stdout } = await run(program, [...args, "eval", "--no-config", "--no-lock", ASK], options);
      const [path, version] = JSON.parse(stdout);
      const [major, minor] = version.split(".").map(Number);
      if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return path;
      reason = `Deno ${version} is too old; `;
    } catch {
      continue; // it is not there, or is not Deno
    }
  }
  throw new Unavailable(`${reason}${INSTALL}`);
}

/** Deno itself if this is one, that of an npm package, that on the PATH. */
function* candidates() {
  if (process.versions.deno) return yield [process.execPath];
  try {
    yield [process.execPath, createRequire(import.meta.url).resolve("deno/bin.cjs")]; // not from the current folder
  } catch {
    // there is no such package beside this one
  }
  yield ["deno"];
}

/**
 * `fetch` that reads files, too, and has them compared with their hash.
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
async function fetchFile(url, init = {}) {
  if (!url.startsWith("file:")) return fetch(url, init);
  let bytes;
  try {
    bytes = await readFile(new URL(url));
  } catch {
    return new Response(null, { status: 404 });
  }
  const [algorithm = "", digest] = init.integrity?.split("-") ?? [];
  if (digest && createHash(algorithm).update(bytes).digest("base64") !== digest) throw new TypeError(`${url} is another file`);
  const type = url.endsWith(".wasm") ? "application/wasm" : "text/javascript";
  return new Response(bytes, { headers: { "content-type": type } });
}
