// The worker under Node, Deno and Bun: a thread of `node:worker_threads` in which Python runs, as in worker.js.

import { parentPort } from "node:worker_threads";
import { format } from "node:util";
import { serve } from "../boot/serve.js";
import { nodeHost } from "./files.js";

// What Python prints is for who debugs: on stderr, as stdout is the program's.
for (const level of /** @type {const} */ (["debug", "log", "info", "warn", "error"])) {
  console[level] = (...words) => void process.stderr.write(`[${level}] ${format(...words)}\n`);
}

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const script = new URL("../worker.js", import.meta.url).href;
port.on("message", serve({ script, host: nodeHost, post: (message) => port.postMessage(message) }));
