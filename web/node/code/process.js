// A process of Deno in which code runs, on its parent's side: its start, its messages, its end.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * @typedef {import("../../sandbox/messages.js").Files} Files
 * @typedef {import("../../client/code/python.js").Parts} Parts
 */

const CHILD = fileURLToPath(new URL("child.js", import.meta.url));
const MAX_MESSAGE = 64 * 1024 * 1024; // bytes; what sandbox/worker.js sends is shorter
const MAX_NOTES = 4000; // characters of what Deno writes to stderr
const HEAP = 512; // megabytes of JavaScript objects, but for buffers
/** Megabytes of data that Deno, Pyodide's program and its files take beside Python's memory, where the system limits it. */
const BESIDE = 1024;

/** Nothing is allowed, no text becomes code, and nothing is kept on disk (/dev/null has no folders). */
export const OPTIONS = [
  "run",
  ...["--no-prompt", "--no-remote", "--no-npm", "--no-config", "--no-lock", "--cached-only", "--no-code-cache"],
  ...["read", "write", "net", "env", "sys", "run", "ffi", "import"].map((what) => `--deny-${what}`),
  `--v8-flags=--disallow-code-generation-from-strings,--max-old-space-size=${HEAP}`,
];
export const ENVIRONMENT = { DENO_DIR: "/dev/null/none", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };

// Limits the process, and kills it when the pipe 3 is closed: by `end`, or because this process has ended, however it did.
// Signals, as those of Ctrl-C, must not end what kills it.
const SHELL =
  'trap "" HUP INT TERM; ulimit -c 0; ulimit -f 0; ulimit -d "$0"; exec 4<&0; "$@" <&4 3<&- 4<&- & ' +
  "exec 4<&- 0</dev/null >&- 2>&-; read -r _ <&3; kill -9 $!; wait";

/**
 * Start one.
 * @param {string} deno The path of Deno.
 * @param {Files} files
 * @param {Parts} parts
 * @param {(reason: string) => void} onDeath
 * @param {string[]} [options] Of Deno.
 * @returns {{port: MessagePort, end: () => void}} The port is only what client/code/python.js uses of one.
 */
export function startProcess(deno, files, parts, onDeath, options = OPTIONS) {
  const limit = String(Math.ceil(parts.memory / 1024) + BESIDE * 1024);
  const child = spawn("/bin/sh", ["-c", SHELL, limit, deno, ...options, CHILD], {
    cwd: "/",
    env: ENVIRONMENT,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const [stdin, stdout, stderr, lifeline] = /** @type {[import("node:stream").Writable, ...import("node:stream").Readable[]]} */ (
    /** @type {unknown} */ (child.stdio)
  );
  let notes = "";
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    for (const stream of [lifeline, stdin, stdout, stderr]) stream?.destroy();
  };
  const die = (/** @type {string} */ reason) => {
    if (ended) return;
    end();
    onDeath(reason);
  };
  for (const stream of [stdin, stdout, stderr, lifeline]) stream?.on("error", () => {}); // its end says it
  child.on("error", (error) => die(`Deno could not be started: ${error.message}`));
  stderr?.on("data", (data) => (notes = (notes + data).slice(0, MAX_NOTES)));
  let streams = 2;
  const closed = () => --streams === 0 && die(notes.trim() || "its process has ended");
  for (const stream of [stdout, stderr]) stream?.on("end", closed);
  /** @type {any} */
  const port = { onmessage: null, postMessage: (/** @type {string} */ text) => write(Buffer.from(text)), close: end };
  const frames = new Frames((text) => port.onmessage?.({ data: text }));
  stdout?.on("data", (data) => frames.take(data) || die("it sent something that cannot be read"));
  const write = (/** @type {Uint8Array} */ bytes) => {
    if (ended) return;
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    stdin.write(size);
    stdin.write(bytes);
  };
  void (async () => {
    const { header, blobs } = contentsOf(files, parts);
    write(Buffer.from(JSON.stringify(header)));
    for (const blob of blobs) {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      if (!ended) stdin.write(bytes);
    }
  })();
  return { port, end };
}

/**
 * @param {Files} files
 * @param {Parts} parts
 */
function contentsOf({ script, parts, sideModules, lock }, { program, wheels, snapshot }) {
  const named = Object.entries(parts);
  const sizes = {
    script: script.size,
    program: program.size,
    parts: named.map(([name, { size }]) => [name, size]),
    sideModules: sideModules.map(({ path, blob }) => [path, blob.size]),
    wheels: wheels.map(({ name, blob }) => [name, blob.size]),
  };
  const rest = [...named.map(([, blob]) => blob), ...[...sideModules, ...wheels].map(({ blob }) => blob)];
  return { header: { sizes, lock, snapshot }, blobs: [script, program, ...rest] };
}

/** Puts messages together: bytes after their length. */
class Frames {
  #onText;
  /** @type {Buffer[]} */
  #chunks = [];
  #size = 0;

  /** @param {(text: string) => void} onText */
  constructor(onText) {
    this.#onText = onText;
  }

  /**
   * @param {Buffer} data
   * @returns {boolean} Whether it can be part of a message.
   */
  take(data) {
    this.#chunks.push(data);
    this.#size += data.length;
    while (this.#size >= 4) {
      if (/** @type {Buffer} */ (this.#chunks[0]).length < 4) this.#join();
      const length = /** @type {Buffer} */ (this.#chunks[0]).readUInt32LE(0);
      if (length > MAX_MESSAGE) return false;
      if (this.#size < length + 4) return true;
      const all = this.#join();
      const rest = all.subarray(length + 4);
      this.#chunks = [rest];
      this.#size = rest.length;
      this.#onText(all.subarray(4, length + 4).toString());
    }
    return true;
  }

  #join() {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
