// @ts-check
/**
 * The built runtime under Node, without a browser: `node node_host.mjs DIST`.
 *
 * stdin: a command of the worker protocol on each line. stdout: a message on each line, after a record separator
 * (RFC 7464), because Python's own output and Node's land there as well and must not be taken for one.
 */
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

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
commands.on("close", () => process.exit(0)); // whoever drove this is gone

const began = performance.now();
try {
  const { boot } = await import(new URL("boot.js", dist).href);
  const indexURL = new URL("pyodide/", dist).href;
  const started = await boot(indexURL, (/** @type {object} */ progress) => tell({ ...progress, type: "progress" }));
  dispatch = started(send);
  tell({ type: "ready", ms: performance.now() - began });
  for (const line of early) dispatch(line);
} catch (error) {
  const { stage = "boot", hint, message } = /** @type {any} */ (error) ?? {};
  tell({ type: "boot_failed", stage, reason: `the runtime could not start: ${message ?? error}`, hint });
}
