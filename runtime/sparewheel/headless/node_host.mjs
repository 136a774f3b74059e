// @ts-check
/**
 * The built runtime under Node, without a browser: `node node_host.mjs DIST`.
 *
 * stdin: a command of the worker protocol on each line. stdout: a message on each line, after a record separator
 * (RFC 7464), because the output of Python and Node goes to stdout too and must not be parsed as a message.
 */
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { nodeHost } from "./node_files.mjs";

const dist = pathToFileURL(`${process.argv[2]}/`);

/** @param {string} text */
const send = (text) => void process.stdout.write(`\u001e${text}\n`);

/** @param {object} message */
const tell = (message) => send(JSON.stringify(message));

for (const level of /** @type {const} */ (["debug", "log", "info", "warn", "error"])) {
  console[level] = (...words) => void process.stderr.write(`[${level}] ${format(...words)}\n`);
}

const commands = createInterface({ input: process.stdin });
/** @type {string[]} */
const early = [];
/** @param {string} line */
let dispatch = (line) => void early.push(line);
commands.on("line", (line) => dispatch(line));
commands.on("close", () => process.exit(0)); // the driver has ended

/** @param {object} progress */
const onProgress = (progress) => tell({ ...progress, type: "progress" });

/** Boot from the snapshot, or without it if it cannot be used. A second Pyodide works after a failed first one. */
async function start() {
  const load = (/** @type {string} */ name) => import(new URL(`boot/${name}.js`, dist).href);
  const [{ boot }, { LOCK_SHA256: lockSha256 }] = await Promise.all(["boot", "build"].map(load));
  const indexURL = new URL("pyodide/", dist).href;
  try {
    return await boot(indexURL, onProgress, nodeHost, { lockSha256 });
  } catch (error) {
    const { stage, message, final } = /** @type {any} */ (error);
    if (stage !== "snapshot" || final) throw error;
    const ms = Math.round(performance.now() - began);
    onProgress({ stage, message: `The snapshot cannot be used (${message}): starting without it`, ms });
    return boot(indexURL, onProgress, nodeHost, { lockSha256, snapshot: false });
  }
}

const began = performance.now();
try {
  const started = await start();
  dispatch = started(send);
  tell({ type: "ready", ms: performance.now() - began });
  for (const line of early) dispatch(line);
} catch (error) {
  const { stage = "boot", hint, message } = /** @type {any} */ (error) ?? {};
  tell({ type: "boot_failed", stage, reason: `the runtime could not start: ${message ?? error}`, hint });
}
